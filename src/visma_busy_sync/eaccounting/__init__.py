"""The eAccounting client: the API as it is, typed, for one company. It knows nothing of Busy.

```python
from visma_busy_sync.eaccounting import EAccounting, F

with EAccounting("an access token") as api:
    for project in api.projects.list(where=F.eq("Status", 1)):
        print(project.number, project.name)
```
"""

from visma_busy_sync._core.secret import Secret
from visma_busy_sync._core.world import Clock
from visma_busy_sync.eaccounting._client import AsyncEAccounting, EAccounting
from visma_busy_sync.eaccounting._login import PendingLogin
from visma_busy_sync.eaccounting._oauth import PRODUCTION, SCOPES, Application, Endpoints, TokenSet
from visma_busy_sync.eaccounting._oauth_client import AsyncOAuth, OAuth
from visma_busy_sync.eaccounting._operation import Operation
from visma_busy_sync.eaccounting._query import F, Filter
from visma_busy_sync.eaccounting._walk import Inactive, Manner, Walk
from visma_busy_sync.eaccounting.http import BlockingTransport, Transport

__all__ = [
    "PRODUCTION",
    "SCOPES",
    "Application",
    "AsyncEAccounting",
    "AsyncOAuth",
    "BlockingTransport",
    "Clock",
    "EAccounting",
    "Endpoints",
    "F",
    "Filter",
    "Inactive",
    "Manner",
    "OAuth",
    "Operation",
    "PendingLogin",
    "Secret",
    "TokenSet",
    "Transport",
    "Walk",
]
