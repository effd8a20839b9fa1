"""How does Keel keep a secret that it must be able to say again (a channel's token), so that the database alone does not tell it?

Sealed with a key derived from SECRET_KEY (Fernet: AES-128-CBC with HMAC-SHA256; source: cryptography's Fernet specification).
Keys in SECRET_KEY_FALLBACKS still open what they sealed.
"""

from __future__ import annotations

import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from erp.core.errors import InvalidInput


def _fernet(secret: str) -> Fernet:
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"keel.vault.1").derive(secret.encode())
    return Fernet(base64.urlsafe_b64encode(key))


def _vault() -> MultiFernet:
    return MultiFernet([_fernet(str(key)) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


def seal(secret: str) -> str:
    """This function will return `secret` sealed, as text."""
    return _vault().encrypt(secret.encode()).decode()


def unseal(sealed: str) -> str:
    """This function will return the secret; InvalidInput when SECRET_KEY was changed without a fallback."""
    try:
        return _vault().decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise InvalidInput(
            "a stored secret can not be opened", field="SECRET_KEY",
            remedy="Put the key that was used before into SECRET_KEY_FALLBACKS, or enter the secret anew.",
        ) from error  # fmt: skip
