# SPDX-License-Identifier: MIT OR Apache-2.0
"""Meter, price, burn down, invoice: libbilling for Python.

    import billing

    with billing.open("app.db", tenant="acme") as b:
        b.catalog_apply(catalog, now=now)
        b.grant("welcome", "c1", Decimal("10"), "USD", now=now)
        receipt, = b.record([billing.Event("k1", "c1", "call")], now=now)
        print(receipt.cost, receipt.balance)

Amounts are decimal.Decimal, never float; times are aware datetimes.  A call
that fails raises a BillingError and has changed nothing.
"""
from ._billing import ffi as _ffi
from ._billing import lib as _lib
from ._open import (Billing, evaluate, open, open_sqlite3, token_key,
                    token_verify)
from .errors import (BillingError, BusyError, CanceledError, ConflictError,
                     CorruptError, Denial, DeniedError, InternalError,
                     InvalidError, LimitError, MisuseError, NoMemoryError,
                     NotFoundError, StoreError, UnsupportedError, code_name)
from .facts import (Balance, Draw, Entitlement, Event, Hold, HoldStatus,
                    Progress, Rebuilding, Receipt, ReceiptFlag, Status,
                    Stream)

if _lib.billing_abi_version() < _lib.BILLING_ABI_VERSION:
    raise ImportError("this libbilling is older than the one that the binding "
                      "was built against")

__version__: str = _ffi.string(_lib.billing_version()).decode()

__all__ = [
    "Balance", "Billing", "BillingError", "BusyError", "CanceledError",
    "ConflictError", "CorruptError", "Denial", "DeniedError", "Draw",
    "Entitlement", "Event", "Hold", "HoldStatus", "InternalError",
    "InvalidError", "LimitError", "MisuseError", "NoMemoryError",
    "NotFoundError", "Progress", "Rebuilding", "Receipt", "ReceiptFlag",
    "Status", "StoreError", "Stream",
    "UnsupportedError", "code_name", "evaluate", "open", "open_sqlite3",
    "token_key", "token_verify",
]
