"""Plug anything in, pull it out: the product's own device layer and rules on a real kernel with a real udev.

The tests share one machine and leave nothing plugged in but what was there at power on.
"""

from collections import Counter

from appliance.hal.device import SETUP_CODE
from tests.hal.guest.machine import Guest

EBUSY = 16
MILK, BREAD, APPLES = "7610000000011", "7610000000028", "7610000000035"
WEDGE = "udev:evdev?ID_SERIAL_SHORT={}&timeout_ms=5000"
SERIAL = "udev:serial?ID_SERIAL_SHORT={}&timeout_ms=5000"
HIDPOS = "udev:hidraw?ID_SERIAL_SHORT={}"
PATH = "udev:evdev?ID_PATH=pci-0000:00:02.0-usb-0:{}:1.0"


def test_what_is_plugged_in_at_power_on_works(guest: Guest):
    guest.serve(scanner_front=WEDGE.format("COLD-1"), scanner_back=SERIAL.format("FT-COLD"))
    guest.until("Health", role="scanner.front", state="ready")
    guest.until("Health", role="scanner.back", state="ready")
    guest.type(MILK)
    guest.until("Scan", source="scanner.front", text=MILK)
    guest.serial["ft1"].sendall(b"]E0" + BREAD.encode() + b"\r\n")
    guest.until("Scan", source="scanner.back", text=BREAD, symbology="E0")


def test_the_till_is_nobody_special_and_owns_its_devices_only(guest: Guest):
    assert guest.until("Ready", start=0)["uid"] == 990
    guest.serve(scanner_front=WEDGE.format("COLD-1"))
    for serial, known_as in (("COLD-1", "evdev"), ("FT-COLD", "serial")):
        nodes = guest.hand("nodes", "ID_SERIAL_SHORT", serial)
        ours = [node for node in nodes if node["TILL_HAL"] == known_as]
        assert [(node["group"], node["mode"]) for node in ours] == [("till", "660")]
        assert all(node["group"] != "till" for node in nodes if not node["TILL_HAL"])
    typed = [node for node in guest.hand("nodes", "ID_SERIAL_SHORT", "PLAIN") if "hidraw" in node["node"]]
    assert not [node for node in typed if node["group"] == "till"], "what is typed on a keyboard is nobody's"


def test_rights_that_come_late_need_nobody(guest: Guest):
    """udev hands out rights some time after the node is there: an address that names the node may be quicker."""
    found = guest.hand("nodes", "ID_SERIAL_SHORT", "FT-COLD")
    node = next(str(node["node"]) for node in found if node["TILL_HAL"])
    guest.hand("mode", node, "600")
    try:
        guest.serve(scanner_front=f"serial://{node}")
        guest.until("Health", state="fault", fault="no_permission")
    finally:
        guest.now()
        guest.hand("mode", node, "660")
    guest.until("Health", state="ready")
    guest.serial["ft1"].sendall(MILK.encode() + b"\r")
    guest.until("Scan", text=MILK)


def test_a_plain_keyboard_is_never_grabbed(guest: Guest):
    guest.serve(scanner_front=WEDGE.format("COLD-1"), scanner_any="auto:")
    guest.until("Health", role="scanner.front", state="ready")
    guest.until("Health", role="scanner.any", state="ready")  # the serial one: any scanner, and never a keyboard
    assert guest.hand("grab", input_node(guest, "PLAIN")) == 0
    assert guest.hand("grab", input_node(guest, "COLD-1")) == EBUSY
    guest.serve(scanner_front=WEDGE.format("PLAIN-BUT-OTHER"))
    assert guest.hand("grab", input_node(guest, "COLD-1")) == 0  # given back


def input_node(guest: Guest, serial: str) -> str:
    nodes = guest.hand("nodes", "ID_SERIAL_SHORT", serial)
    return str(next(node["node"] for node in nodes if "/input/event" in node["node"]))


def test_a_keyboard_scanner_is_pulled_out_in_mid_code_and_put_into_another_port(guest: Guest):
    guest.serve(scanner_front=WEDGE.format("SCAN-1"))
    guest.until("Health", role="scanner.front", state="absent", fault="unplugged")
    guest.plug_keyboard("wedge", "SCAN-1", port=3)
    guest.until("Health", state="ready")
    guest.type(MILK)
    guest.until("Scan", text=MILK)
    guest.half(BREAD[:5])
    guest.now()
    guest.unplug("wedge")
    guest.until("ScanDamaged", reason="unplugged")
    guest.until("Health", state="absent", fault="unplugged")
    guest.plug_keyboard("wedge", "SCAN-1", port=4)
    guest.until("Health", state="ready")
    guest.type(APPLES)
    guest.until("Scan")
    assert [scan["text"] for scan in guest.events("Scan")] == [APPLES]  # not a digit of the half one
    guest.now()
    guest.unplug("wedge")
    guest.until("Health", state="absent")


def test_a_code_whose_beginning_nobody_saw_is_no_code(guest: Guest):
    guest.serve(scanner_front=WEDGE.format("SCAN-1"))
    guest.plug_keyboard("wedge", "SCAN-1", port=3)
    guest.type_until("Health", role="scanner.front", state="ready")
    guest.until("ScanDamaged", source="scanner.front", reason="lost_events")
    guest.type(APPLES)
    guest.until("Scan")
    assert [scan["text"] for scan in guest.events("Scan")] == [APPLES]


def test_of_three_keyboards_only_the_one_that_reads_the_setup_code_is_grabbed(guest: Guest):
    guest.serve(scanner_any="auto:")
    guest.until("Health", role="scanner.any", state="ready")
    guest.order(learn="scanner.front")
    guest.plug_keyboard("wedge", "SCAN-1", port=3)
    everybody = 4  # the serial scanner in service, two keyboards that were there, and this one
    while len((learning := guest.until("Learning"))["listening"]) < everybody:
        guest.mark = guest.told.index(learning, guest.mark) + 1
    for serial in ("PLAIN", "COLD-1", "SCAN-1"):
        assert guest.hand("grab", input_node(guest, serial)) == 0
    guest.type("123")
    guest.until("Learning", heard=learning["listening"][-1])
    guest.type(SETUP_CODE)
    assert "layout=us" in guest.until("Learned", role="scanner.front")["address"]
    guest.until("Health", role="scanner.front", state="ready")
    guest.type(MILK)
    guest.until("Scan", source="scanner.front", text=MILK)
    for serial, expected in (("PLAIN", 0), ("COLD-1", 0), ("SCAN-1", EBUSY)):
        assert guest.hand("grab", input_node(guest, serial)) == expected
    guest.now()
    guest.unplug("wedge")
    guest.until("Health", role="scanner.front", state="absent", fault="unplugged")
    guest.now()
    guest.plug_keyboard("wedge", "SCAN-1", port=5)
    guest.until("Health", role="scanner.front", state="ready")
    guest.now()
    guest.type(BREAD)
    guest.until("Scan", source="scanner.front", text=BREAD)


def test_two_scanners_of_one_serial_number_are_told_apart_by_their_ports(guest: Guest):
    guest.serve(scanner_left=PATH.format(5), scanner_right=PATH.format(6))
    guest.plug_keyboard("right", "TWIN", port=6)
    guest.until("Health", role="scanner.right", state="ready")
    guest.plug_keyboard("left", "TWIN", port=5)
    guest.until("Health", role="scanner.left", state="ready")
    guest.type(MILK)  # the keys come from the one that was plugged in last
    guest.until("Scan", source="scanner.left", text=MILK)
    guest.now()
    guest.unplug("left")
    guest.until("Health", role="scanner.left", state="absent", fault="unplugged")
    guest.type(BREAD)
    guest.until("Scan", source="scanner.right", text=BREAD)
    assert guest.state("scanner.right") == "ready"
    guest.now()
    guest.unplug("right")
    guest.until("Health", role="scanner.right", state="absent", fault="unplugged")


def test_a_scanner_behind_an_ftdi_chip(guest: Guest):
    guest.plug_serial("ftdi", "ft2", "FT-42", port=3)
    guest.serve(scanner_front=SERIAL.format("FT-42"))
    guest.until("Health", state="ready")
    line = guest.serial["ft2"]
    line.sendall(MILK.encode() + b"\r" + BREAD.encode())  # one packet; the second code has no end
    guest.until("Scan", text=MILK)
    guest.now()
    guest.unplug("ftdi")
    guest.until("Health", state="absent", fault="unplugged")
    guest.plug_serial("ftdi", "ft2", "FT-42", port=7)
    guest.until("Health", state="ready")
    line.sendall(APPLES.encode() + b"\r")
    guest.until("Scan")
    assert [scan["text"] for scan in guest.events("Scan")] == [APPLES]
    guest.unplug("ftdi")


def test_a_cdc_scanner_cold_and_in_mid_code(guest: Guest):
    guest.hand("make", "cdc", "acm", "CDC-1")
    guest.hand("plug", "cdc", "0")
    guest.serve(scanner_front=SERIAL.format("CDC-1"))
    guest.until("Health", state="ready")
    guest.send("cdc", MILK.encode() + b"\r\n")
    guest.until("Scan", text=MILK)
    guest.send("cdc", BREAD[:6].encode())
    guest.now()
    guest.hand("unplug", "cdc")
    guest.until("Health", state="absent", fault="unplugged")
    guest.hand("plug", "cdc", "1")
    guest.until("Health", state="ready")
    guest.send("cdc", APPLES.encode() + b"\r\n")
    guest.until("Scan")
    assert [scan["text"] for scan in guest.events("Scan")] == [APPLES]
    guest.hand("unplug", "cdc")


def test_two_cdc_scanners_of_one_serial_number(guest: Guest):
    for name, socket in (("twin-a", "0"), ("twin-b", "1")):
        guest.hand("make", name, "acm", "CDC-TWIN")
        guest.hand("plug", name, socket)
    where = "udev:serial?ID_PATH=platform-dummy_hcd.{}-usb-0:1:1.0"
    guest.serve(scanner_a=where.format(0), scanner_b=where.format(1))
    for role in ("scanner.a", "scanner.b"):
        guest.until("Health", role=role, state="ready")
    guest.send("twin-b", MILK.encode() + b"\r\n")
    guest.until("Scan", source="scanner.b", text=MILK)
    guest.send("twin-a", BREAD.encode() + b"\r\n")
    guest.until("Scan", source="scanner.a", text=BREAD)
    guest.hand("unplug", "twin-a")
    guest.hand("unplug", "twin-b")


def reports(aim: str, code: bytes) -> list[bytes]:
    """One read of a HID-POS scanner as its maker's manual has it: up to 56 bytes a report, the last says so."""
    parts = [code[at : at + 56] for at in range(0, len(code), 56)]
    return [
        bytes((2, len(part))) + f"]{aim}".encode() + part.ljust(56, b"\0") + bytes((0, 0, part is not parts[-1]))
        for part in parts
    ]


def test_a_hidpos_scanner_in_mid_code_and_in_another_port(guest: Guest):
    long = b"https://till.example/" + b"0123456789" * 8
    guest.serve(scanner_front=HIDPOS.format("HID-1"))
    guest.hand("make", "hidpos", "hidpos", "HID-1")
    guest.hand("plug", "hidpos", "0")
    guest.until("Health", state="ready")
    for report in reports("E0", MILK.encode()) + reports("Q1", long):
        guest.send("hidpos", report)
    guest.until("Scan", text=MILK, symbology="E0")
    guest.until("Scan", text=long.decode(), symbology="Q1")
    guest.now()
    guest.send("hidpos", reports("Q1", long)[0])
    guest.now()
    guest.hand("unplug", "hidpos")
    guest.until("Health", state="absent", fault="unplugged")
    guest.hand("plug", "hidpos", "1")
    guest.until("Health", state="ready")
    for report in reports("E0", APPLES.encode()):
        guest.send("hidpos", report)
    guest.until("Scan")
    assert [scan["text"] for scan in guest.events("Scan")] == [APPLES]
    guest.hand("unplug", "hidpos")


def test_auto_takes_a_hidpos_scanner_that_was_there_before_and_no_keyboards_hidraw_node(guest: Guest):
    guest.hand("make", "hidpos", "hidpos", "HID-1")
    guest.hand("plug", "hidpos", "0")
    guest.serve(scanner_serial=SERIAL.format("FT-COLD"), scanner_any="auto:")
    guest.until("Health", role="scanner.any", state="ready")
    for report in reports("E0", BREAD.encode()):
        guest.send("hidpos", report)
    guest.until("Scan", source="scanner.any", text=BREAD)
    held = [node for node in guest.ask("holdings", "Holdings")["fds"] if node.startswith("/dev/hidraw")]
    ours = [node["node"] for node in guest.hand("nodes", "ID_SERIAL_SHORT", "HID-1") if "hidraw" in node["node"]]
    assert held == ours
    guest.hand("unplug", "hidpos")


def test_events_that_udev_lost_are_made_good(guest: Guest):
    """The till is stopped while more events come than its socket holds (an unprivileged user cannot enlarge it), and
    among them those of a scanner that was plugged in. The monitor never works again; another one must take over."""
    guest.serve(scanner_front=SERIAL.format("CDC-1"), scanner_cold=SERIAL.format("FT-COLD"))
    guest.until("Health", role="scanner.cold", state="ready")
    guest.hand("make", "cdc", "acm", "CDC-1")
    guest.hand("stop")
    guest.hand("storm", "ID_SERIAL_SHORT", "FT-COLD", "260")  # 425,984 bytes hold 185
    guest.hand("plug", "cdc", "0")
    guest.hand("storm", "ID_SERIAL_SHORT", "FT-COLD", "10")
    guest.hand("go on")
    guest.until("Log", text="udev events were lost; binding again")
    guest.until("Health", role="scanner.front", state="ready")
    guest.send("cdc", MILK.encode() + b"\r\n")
    guest.until("Scan", source="scanner.front", text=MILK)
    guest.now()
    guest.hand("unplug", "cdc")
    guest.until("Health", role="scanner.front", state="absent")
    guest.now()
    guest.hand("plug", "cdc", "1")  # the new monitor hears
    guest.until("Health", role="scanner.front", state="ready")
    guest.hand("unplug", "cdc")


def test_five_flaps_leave_no_handle_and_no_task(guest: Guest):
    guest.hand("make", "cdc", "acm", "CDC-1")
    guest.serve(scanner_front=WEDGE.format("FLAP"), scanner_cdc=SERIAL.format("CDC-1"))
    before = guest.ask("holdings", "Holdings")
    for _ in range(5):
        guest.plug_keyboard("flap", "FLAP", port=3)
        guest.hand("plug", "cdc", "0")
        guest.unplug("flap")
        guest.hand("unplug", "cdc")
    guest.plug_keyboard("flap", "FLAP", port=3)
    guest.hand("plug", "cdc", "0")
    guest.until("Health", role="scanner.front", state="ready")
    guest.now()
    guest.type(MILK)
    guest.until("Scan", source="scanner.front", text=MILK)
    guest.now()
    guest.unplug("flap")
    guest.hand("unplug", "cdc")
    for role in ("scanner.front", "scanner.cdc"):
        guest.until("Health", role=role, state="absent", fault="unplugged")
    after = guest.ask("holdings", "Holdings")
    assert not Counter(node for node in after["fds"] if node.startswith("/dev/")) - Counter(before["fds"])
    assert after["tasks"] == before["tasks"]


def test_a_usb_printer_prints_and_confirms_and_comes_back(guest: Guest):
    guest.serve(printer_receipt="auto:")
    guest.hand("make", "printer", "printer", "PRN-1")
    guest.hand("plug", "printer", "2")
    guest.until("Health", state="ready")
    guest.order(print="Café crème 3,50 €\nMerci", job=1, patient=True)
    guest.until("Printed", job=1, outcome="confirmed")
    assert guest.hand("receipts", "printer") == [["Café crème 3,50 €", "Merci"]]
    guest.hand("paper", "printer", "out")
    guest.until("Health", state="degraded", fault="paper_out")
    guest.order(print="Merci", job=2)
    guest.until("Printed", job=2, outcome="nothing_sent", fault="paper_out")
    guest.hand("paper", "printer", "in")
    guest.until("Health", state="ready")
    guest.now()
    guest.hand("unplug", "printer")
    guest.until("Health", state="absent", fault="unplugged")
    guest.now()
    guest.hand("plug", "printer", "3")
    guest.until("Health", state="ready")
    guest.order(print="Merci", job=3, patient=True)
    guest.until("Printed", job=3, outcome="confirmed")
    guest.hand("unplug", "printer")


def test_a_usb_printer_pulled_out_in_mid_receipt_is_uncertain_and_not_repeated(guest: Guest):
    guest.hand("make", "printer", "printer", "PRN-1")
    before = guest.hand("receipts", "printer")
    guest.hand("plug", "printer", "2")
    guest.serve(printer_receipt="udev:usblp?ID_SERIAL_SHORT=PRN-1")
    guest.until("Health", state="ready")
    guest.hand("paper", "printer", "short")
    guest.order(print="\n".join(f"ligne {number}" for number in range(20)), job=4, patient=True)
    guest.until("Health", state="degraded", fault="paper_out")
    guest.hand("unplug", "printer")
    guest.until("Printed", job=4, outcome="uncertain")
    guest.now()
    guest.hand("plug", "printer", "3")
    guest.hand("paper", "printer", "in")
    guest.until("Health", state="ready")
    assert guest.hand("receipts", "printer") == before
    guest.hand("unplug", "printer")
