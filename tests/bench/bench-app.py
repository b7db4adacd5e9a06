# SPDX-License-Identifier: GPL-3.0-or-later
"""What the app costs, logged in to a real server: from the start of the process to the first pixel
of its window, the CPU time until then, and its share of memory (PSS) once the people are shown."""

import ctypes
import os
import statistics
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..', 'gui', 'e2e'))
from desktop import DEADLINE, Desktop

RUNS = 5


class Screen:
    """Looks at one pixel of an X screen, where the app's window will be."""

    def __init__(self, display):
        self.x11 = ctypes.CDLL('libX11.so.6')
        for name in ('XOpenDisplay', 'XGetImage'):
            getattr(self.x11, name).restype = ctypes.c_void_p
        self.x11.XDefaultRootWindow.restype = self.x11.XGetPixel.restype = ctypes.c_ulong
        self.display = ctypes.c_void_p(self.x11.XOpenDisplay(display.encode()))
        self.root = ctypes.c_ulong(self.x11.XDefaultRootWindow(self.display))

    def pixel(self):
        image = ctypes.c_void_p(self.x11.XGetImage(self.display, self.root, 300, 300, 1, 1, ctypes.c_ulong(0xffffffff), 2))
        value = self.x11.XGetPixel(image, 0, 0) & 0xffffff
        self.x11.XDestroyImage(image)
        return value


def cpu_ms(pid):
    with open(f'/proc/{pid}/stat', encoding='ascii') as file:
        fields = file.read().rpartition(')')[2].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf('SC_CLK_TCK')


def pss_mb(pid):
    with open(f'/proc/{pid}/smaps_rollup', encoding='ascii') as file:
        return next(int(line.split()[1]) for line in file if line.startswith('Pss:')) / 1024


def measure(desktop, display, screen):
    start = time.monotonic()
    app = desktop.start_app('alice', '--server', desktop.address, '--client-id', 'alice', display=display)
    while not screen.pixel():
        assert time.monotonic() < start + DEADLINE, 'no window'
        time.sleep(0.001)
    row = ((time.monotonic() - start) * 1000, cpu_ms(app.process.pid))
    app.find('list item', 'bob')
    row += (pss_mb(app.process.pid),)
    app.close()
    return row


with Desktop() as session:
    session.start_server('alice', 'bob')
    shown = session.start_screen('shown')
    look = Screen(shown)
    rows = [measure(session, shown, look) for _ in range(RUNS)]
    frame, cpu, memory = (statistics.median(column) for column in zip(*rows))
    print(f'first frame {frame:.0f} ms (CPU {cpu:.0f} ms), memory {memory:.0f} MB PSS; medians of {RUNS} runs')
