"""Aim: what an X program draws is seen in the frame, and hands reach the programs on the display.

Way: a real Xvfb; a small X client in the test draws and listens.
"""

from io import BytesIO

from PIL import Image
from Xlib import X
from Xlib.display import Display

from appliance.demo.display import has_screen, open_display
from appliance.demo.hands import Hands

RED = 0xCC2211


def open_window(server: Display):
    screen = server.screen()
    events = X.KeyPressMask | X.ButtonPressMask | X.ButtonReleaseMask | X.ExposureMask
    window = screen.root.create_window(
        0, 0, 800, 600, 0, screen.root_depth, background_pixel=RED, event_mask=events, override_redirect=True
    )
    window.map()
    server.sync()
    while server.next_event().type != X.Expose:
        continue
    server.sync()
    return window


def next_of(server: Display, *kinds: int):
    """The next event of these kinds; news of keyboards in between are skipped."""
    while (event := server.next_event()).type not in kinds:
        continue
    return event


def test_the_frame_shows_what_is_drawn_and_patches_hold_only_changes(run, tmp_path):
    async def story():
        async with open_display(tmp_path, tmp_path / "x.log", 800, 600) as display:
            server = Display(display.name)
            window = open_window(server)
            frame = display.frame()
            assert display.picture(frame).getpixel((400, 300)) == (0xCC, 0x22, 0x11)
            gc = window.create_gc(foreground=0x00FF00)
            window.fill_rectangle(gc, 10, 20, 30, 40)
            server.sync()
            after = display.frame()
            assert after != frame
            patch = display.patch(frame, after)
            assert [int.from_bytes(patch[at : at + 2]) for at in (0, 2, 4, 6)] == [10, 20, 30, 40]
            whole = Image.open(BytesIO(display.patch(None, after)[8:]))
            assert whole.size == (800, 600)
            assert whole.getpixel((15, 25)) == (0, 255, 0)
            server.close()

    run(story())


def test_touches_and_keys_reach_the_program(run, tmp_path):
    async def story():
        async with open_display(tmp_path, tmp_path / "x.log", 800, 600) as display:
            hands = Hands(display.name)
            server = Display(display.name)
            open_window(server)
            hands.tap(123, 45)
            pressed, released = (next_of(server, X.ButtonPress, X.ButtonRelease) for _ in range(2))
            assert (pressed.type, pressed.event_x, pressed.event_y) == (X.ButtonPress, 123, 45)
            assert released.type == X.ButtonRelease
            assert hands.type("é")
            typed = next_of(server, X.KeyPress)
            first = server.display.info.min_keycode
            assert server.get_keyboard_mapping(first, 248)[typed.detail - first][0] == ord("é")
            assert hands.type("Enter")
            assert not hands.type("F35")
            assert not hands.type("漢")
            server.close()
            hands.close()

    run(story())


def test_a_screen_is_there_only_if_it_answers(run, tmp_path):
    async def story():
        async with open_display(tmp_path, tmp_path / "x.log", 800, 600) as display:
            assert has_screen({"DISPLAY": display.name})
        assert not has_screen({"DISPLAY": display.name})

    run(story())
    assert has_screen({"WAYLAND_DISPLAY": "wayland-0"})
    assert not has_screen({})
    assert has_screen({"DISPLAY": "localhost:10.0"})
