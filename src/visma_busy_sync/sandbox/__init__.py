"""A Visma eAccounting server to develop against: ``python -m visma_busy_sync.sandbox``.

It behaves as the reference says the real service does, and shares no code with the client. ``process``
starts it as a process of its own; ``control`` lists the endpoints that steer it.
"""
