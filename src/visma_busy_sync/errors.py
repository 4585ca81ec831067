"""Every error of the package in one place. A handler that means one thing imports it from here.

```
VismaBusySyncError            base: catch it to catch them all
├── ConfigurationError        the host called or set something up wrongly; nothing was changed or sent
│   └── EncryptionKeyMissing  the key that sealed a stored text is not given; the text is kept
├── PortContractBroken        a port of the host answered something that it must not
├── DocumentUnreadable        a stored document is damaged, or a newer version wrote it
├── DocumentUnwritable        a document that could not be read back; it was not stored
├── Unsealable                a sealed text is damaged, or was moved; it cannot be opened any more
├── StoreBusy                 others changed a document each time it was to be written
├── StoreUnavailable          the database below a store is not reachable, locked, full, or failed
├── ArchivingNotAllowed       what is to be archived as missing is not what was allowed
├── SyncRunning               another sync of the tenant runs at this moment
├── LinkUnreadable            the link beside one record cannot be read; that record is left alone
├── PlanUnreadable            the JSON of a plan cannot be read
├── RecordUnknown             a plan knows no record of that kind and id
├── PdfExtraMissing           the libraries that make PDF files are not installed
├── ConnectionStateError      base: what is wrong with a tenant's connection
│   ├── NotConnected          there is none
│   ├── WrongCompany          what is read is of another company
│   ├── CompanyUnidentified   the company has neither an id nor a name
│   ├── ConnectionChanged     it changed during a sync, which stopped
│   ├── NothingToConfirm      no other company waits to be confirmed
│   ├── NotRevoked            disconnected, but Visma did not confirm it
│   ├── NotReady              eAccounting is not set up for what was asked
│   └── PurgeRefused          orders of the tenant may be on their way
├── EAccountingError          base: what went wrong with eAccounting; see `may_have_happened`
│   ├── NotSent               it surely did not get there
│   ├── AnswerLost            it may have got there; no whole answer came back
│   ├── UnreadableAnswer      a web page, a broken or an empty answer
│   ├── ApiError              base: the API's own answer
│   │   ├── NotFound          it does not exist
│   │   ├── Unauthorized      the access token is not accepted
│   │   ├── AccessDenied      company, user, module, scope or subscription do not allow it
│   │   ├── RateLimited       too many calls
│   │   ├── ServerFault       the API failed inside
│   │   └── Rejected          the API refuses this very request
│   └── LoginError            base: connecting, or renewing the connection
│       ├── LoginRefused      the login page said no
│       ├── StateMismatch     the callback is not of this login
│       ├── CodeRefused       the code was used before, is too old, or of another login
│       ├── ClientRefused     client id or secret are wrong
│       └── ReconnectNeeded   only a new login helps
└── OrderError                base: what went wrong with an order
    ├── OrderNotReady         the work cannot be billed as it is: every problem with its cure
    ├── ImportRefused         a file of order lines cannot become orders: every problem with its cure
    ├── OrderChanged          the id and revision are known with other content
    │   └── OrderRevised      the id is known with another revision, whose place it cannot take
    ├── EntryTaken            an hour or cost is on another order
    ├── FixedPriceBilled      of a fixed price, others bill another part than when it was built
    ├── OtherCompany          it was built for another company
    ├── OrderRejected         eAccounting refused it
    ├── OrderOutcomeUnknown   it may have arrived; it is not sent again by itself
    │   ├── OrderBeingSent    it is being sent at this moment, or was interrupted in that
    │   └── OrderNeedsAttention  a person has to look whether it is there
    ├── OrderClosed           it was refused before; it is not sent again
    ├── OrderUnknown          the ledger knows no such order
    ├── OrderNotTransferred   there is nothing in eAccounting to read
    ├── OrdersNotSent         the workspace keeps its orders in Busy, or has no order function
    ├── SearchIncomplete      eAccounting's orders could not be read surely
    ├── DraftChanged          a draft is not withdrawn: it has moved on, or was edited
    ├── DraftStillThere       an order is not released: its draft is there
    ├── NotThisDraft          the draft that a person named is not that of the order
    ├── ProjectUnknown        Busy has no such project
    ├── IllegalTransition     the order's state does not know this event
    └── DocumentError         a stored order cannot be read
        └── DocumentTooNew    a newer version wrote it
```
"""

from visma_busy_sync._core.errors import ConfigurationError, VismaBusySyncError
from visma_busy_sync.eaccounting.errors import (
    AccessDenied,
    AnswerLost,
    ApiError,
    ClientRefused,
    CodeRefused,
    EAccountingError,
    LoginError,
    LoginRefused,
    NotFound,
    NotSent,
    RateLimited,
    ReconnectNeeded,
    Rejected,
    ServerFault,
    StateMismatch,
    Unauthorized,
    UnreadableAnswer,
)
from visma_busy_sync.integration import (
    ArchivingNotAllowed,
    CompanyUnidentified,
    ConnectionChanged,
    ConnectionStateError,
    DraftChanged,
    DraftStillThere,
    NotConnected,
    NothingToConfirm,
    NotReady,
    NotRevoked,
    NotThisDraft,
    OrderClosed,
    OrderNotTransferred,
    OrdersNotSent,
    OrderUnknown,
    PortContractBroken,
    ProjectUnknown,
    PurgeRefused,
    SearchIncomplete,
    SyncRunning,
    WrongCompany,
)
from visma_busy_sync.orders import (
    DocumentError,
    DocumentTooNew,
    EntryTaken,
    FixedPriceBilled,
    IllegalTransition,
    ImportRefused,
    OrderBeingSent,
    OrderChanged,
    OrderError,
    OrderNeedsAttention,
    OrderNotReady,
    OrderOutcomeUnknown,
    OrderRejected,
    OrderRevised,
    OtherCompany,
)
from visma_busy_sync.specification import PdfExtraMissing
from visma_busy_sync.state import (
    DocumentUnreadable,
    DocumentUnwritable,
    EncryptionKeyMissing,
    StoreBusy,
    Unsealable,
)
from visma_busy_sync.stores import StoreUnavailable
from visma_busy_sync.sync import LinkUnreadable, PlanUnreadable, RecordUnknown

__all__ = [
    "AccessDenied",
    "AnswerLost",
    "ApiError",
    "ArchivingNotAllowed",
    "ClientRefused",
    "CodeRefused",
    "CompanyUnidentified",
    "ConfigurationError",
    "ConnectionChanged",
    "ConnectionStateError",
    "DocumentError",
    "DocumentTooNew",
    "DocumentUnreadable",
    "DocumentUnwritable",
    "DraftChanged",
    "DraftStillThere",
    "EAccountingError",
    "EncryptionKeyMissing",
    "EntryTaken",
    "FixedPriceBilled",
    "IllegalTransition",
    "ImportRefused",
    "LinkUnreadable",
    "LoginError",
    "LoginRefused",
    "NotConnected",
    "NotFound",
    "NotReady",
    "NotRevoked",
    "NotSent",
    "NotThisDraft",
    "NothingToConfirm",
    "OrderBeingSent",
    "OrderChanged",
    "OrderClosed",
    "OrderError",
    "OrderNeedsAttention",
    "OrderNotReady",
    "OrderNotTransferred",
    "OrderOutcomeUnknown",
    "OrderRejected",
    "OrderRevised",
    "OrderUnknown",
    "OrdersNotSent",
    "OtherCompany",
    "PdfExtraMissing",
    "PlanUnreadable",
    "PortContractBroken",
    "ProjectUnknown",
    "PurgeRefused",
    "RateLimited",
    "ReconnectNeeded",
    "RecordUnknown",
    "Rejected",
    "SearchIncomplete",
    "ServerFault",
    "StateMismatch",
    "StoreBusy",
    "StoreUnavailable",
    "SyncRunning",
    "Unauthorized",
    "UnreadableAnswer",
    "Unsealable",
    "VismaBusySyncError",
    "WrongCompany",
]
