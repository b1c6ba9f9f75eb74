"""A town of customers, the same every time: for searches among 100,000 and for imports; and what the books hold."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

from msgspec.structs import replace

from appliance.domain.customer import Address, Customer, CustomerCode, tidy
from appliance.domain.wallet import Purse
from appliance.store import customers as store
from appliance.store import movements

FIRST = """
Anne Bernard Camille Daniel Élodie François Géraldine Hélène Inês Jérôme Karim Lise Marc Noémie Olivier
Pascale Quentin Renée Stéphane Thérèse Ueli Véronique Walter Xavier Yasmine Zoé Aurélie Benoît Chloé
Didier Émile Fabienne Gaëlle Henri Isabelle Joël Laïla Martine Nicolas Odile Patrick Raphaël Sylvie Théo
Ursula Valérie Yves
""".split()
HEADS = """
Au Ba Bar Ber Bo Bon Bour Bu Cha Cor Cou Da De Du Fa Fav Ga Ger Gi Gran Gui Hu Ja Jac Jor Ku La Lam Le Li
Ma Mar Mé Mi Mo Mon Na Ni Nu Pa Per Pi Pé Po Qui Ra Re Ri Ro Roch Ru Sa Sau Sca Schö Ta Tho Ti Va Vau Ver
Vui Wi Zu
""".split()
MIDDLES = ["", "", *"ba be bi chi da di ga la li ma mo na ni ra ri ta ti va".split()]
TAILS = """
at ard aud ay az bert blanc chet cher court det din don don el er et ey gny in ix lat let lier loz man
mier mond my nay ney nier non od on ot oud oux quet raz rd ret rey rod ron set sier son tet tier ton val
vet vin voz zat zer
""".split()
TOWNS = (
    ("1800", "Vevey"), ("1814", "La Tour-de-Peilz"), ("1820", "Montreux"), ("1003", "Lausanne"), ("1071", "Chexbres"),
    ("1804", "Corsier-sur-Vevey"), ("1807", "Blonay"), ("1110", "Morges"), ("1630", "Bulle"),
)  # fmt: skip
TRADES = "Garage Boulangerie Menuiserie Fiduciaire Crèche École Hôtel Pharmacie Atelier Imprimerie".split()


def save(conn: Any, customer: Customer, at: str) -> Customer:
    """A customer in the books as the till puts one there: nothing wrong in the form, tidied, with an id."""
    assert store.check(conn, customer) == ()
    made = tidy(replace(customer, id=customer.id or store.new_id(conn)))
    store.save_all(conn, [made], at)
    kept = store.get(conn, made.id)
    assert kept is not None
    return kept


def left_on(conn: Any, customer: str) -> Purse:
    """What the newest movement left on a wallet."""
    found = movements.movements(conn, customer, 1)
    return found[0].after if found else Purse()


def town_of(count: int, seed: int = 4) -> Iterator[Customer]:
    """So many customers, each with a card of its own; one in twenty is a company."""
    dice = random.Random(seed)
    for number in range(count):
        last = dice.choice(HEADS) + dice.choice(MIDDLES) + dice.choice(TAILS)
        postcode, place = dice.choice(TOWNS)
        first = dice.choice(FIRST)
        is_company = number % 20 == 19
        yield Customer(
            "",
            kind="company" if is_company else "person",
            civility="" if is_company else dice.choice(("madam", "sir", "")),
            last_name=last,
            first_name=first,
            company=f"{dice.choice(TRADES)} {last} SA" if is_company else "",
            phones=(
                f"07{dice.randint(6, 9)} {dice.randint(200, 999)} {dice.randint(0, 99):02} {dice.randint(0, 99):02}",
            ),
            email=f"{last}{number}@exemple.ch".lower() if number % 3 == 0 else "",
            codes=(CustomerCode(f"22{number // 10000:02} {number % 10000:04}"),),
            addresses=(Address(f"Rue du Lac {dice.randint(1, 90)}", postcode, place),),
        )
