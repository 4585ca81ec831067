"""The conformance kit, in parts; `visma_busy_sync.testing.conformance` names what is public."""
