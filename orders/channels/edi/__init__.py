"""Which adapter speaks EDI with a partner?"""

from orders.channels.edi.adapter import Edi

ADAPTER = Edi()
