"""Devices that are not there, on the far side of the real wires.

Servers on TCP, pty and Unix sockets which speak the real bytes and can be told to fail. Drivers cannot tell the
difference; the demo, training and the tests run the same lines as the shop.
"""
