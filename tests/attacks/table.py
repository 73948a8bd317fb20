"""All attacks, with what has to become of each."""

from typing import Final

from attacks.attack import Attack
from attacks.table_beyond import BEYOND
from attacks.table_handed_in import HANDED_IN
from attacks.table_listed import LISTED

ATTACKS: Final[tuple[Attack, ...]] = (*LISTED, *HANDED_IN, *BEYOND)
