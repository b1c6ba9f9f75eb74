"""Tiles, badges, pages, search."""

import msgspec

from appliance.kiosk.gallery import record
from appliance.kiosk.viewmodel.grid import grid_model


def test_every_slot_is_drawn_and_the_last_one_turns_the_page():
    model = grid_model(record.view(), 24)
    assert len(model.tiles) == len(model.badges) == 24
    assert (model.tiles[-1].look, model.tiles[-1].name, model.next_page) == ("page", "Page 2", 2)


def test_the_last_page_leads_to_the_first():
    grid = msgspec.structs.replace(record.grid(), page=2)
    assert grid_model(record.view(grid=grid), 24).next_page == 1


def test_a_badge_changes_no_tile():
    plain, sold = grid_model(record.view(grid=record.grid()), 24), grid_model(record.view(), 24)
    assert plain.tiles == sold.tiles
    assert plain.badges != sold.badges


def test_sold_out_takes_the_place_of_the_price():
    tiles = grid_model(record.view(grid=record.grid(out="Mille-feuille")), 24).tiles
    sold_out = next(tile for tile in tiles if tile.look == "out")
    assert (sold_out.name, sold_out.price) == ("Mille-feuille", "Épuisé")


def test_a_search_replaces_the_tiles_and_unmarks_the_category():
    found = msgspec.structs.replace(record.grid(), search="xyz", tiles=(), pages=1)
    model = grid_model(record.view(grid=found), 24)
    assert model.searching and not any(key.chosen for key in model.categories)
    assert model.no_hit == "Aucun article «\u00a0xyz\u00a0»."


def test_the_armed_quantity_is_marked():
    grid = msgspec.structs.replace(record.grid(), armed=3)
    assert [key.count for key in grid_model(record.view(grid=grid), 24).strip if key.armed] == [3]
