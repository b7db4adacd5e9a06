# SPDX-License-Identifier: GPL-3.0-or-later
"""A session of its own for a test (bus, accessibility), a real webchat-server, and real WebChat
processes, each on a screen of its own. They are read and driven through accessibility, as a screen
reader does it, and by the keyboard.

Nothing here waits for a time to pass: wait() returns as soon as its condition holds."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

DEADLINE = 60  # seconds; generous, for a machine under a sanitizer and under load
SKIP = 77  # for meson


class Desktop:
    """Context manager. Everything that it starts ends with it, and its folder goes too."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix='webchat-e2e-')
        self.processes = []
        self.apps = []
        self.address = None
        self.Atspi = self.GLib = None

    def __enter__(self):
        try:
            self.start_session()
        except BaseException:
            self.__exit__(*sys.exc_info())
            raise
        return self

    def __exit__(self, kind, *_):
        if kind not in (None, SystemExit):
            self.show_failure()
        for process in reversed(self.processes):
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def show_failure(self):
        for app in self.apps:
            print(f'--- what {app.name} shows:\n{app.describe()}', file=sys.stderr)
            picture = os.path.join(tempfile.gettempdir(), f'webchat-e2e-{app.name}.png')
            if shutil.which('import') and subprocess.run(['import', '-display', app.display, '-window', 'root', picture]).returncode == 0:
                print(f'(and in {picture})', file=sys.stderr)
        for name in sorted(os.listdir(self.folder)):
            if name.endswith('.log'):
                with open(self.path(name), encoding='utf-8', errors='replace') as log:
                    print(f'--- {name}:\n{log.read()[-3000:]}', file=sys.stderr)

    def path(self, name):
        return os.path.join(self.folder, name)

    def start(self, name, *command, first_line=False, **options):
        """Starts a program; its standard error goes to NAME.log. Optionally reads its first line."""
        with open(self.path(name + '.log'), 'ab') as log:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=log, text=True,
                                       stdout=subprocess.PIPE if first_line else log, **options)
        self.processes.append(process)
        if not first_line:
            return process
        line = process.stdout.readline().strip()
        assert line, f'{name} does not start'
        return line

    def start_session(self):
        os.environ.update(HOME=self.folder, XDG_RUNTIME_DIR=self.folder, LC_ALL='C.UTF-8',
                          XDG_DATA_HOME=self.path('data'), XDG_CONFIG_HOME=self.path('config'),
                          XDG_CACHE_HOME=self.path('cache'), GSK_RENDERER='cairo',
                          GDK_DEBUG='gl-disable', GDK_BACKEND='x11')
        for name in ('WAYLAND_DISPLAY', 'GTK_A11Y', 'G_DEBUG', 'LANGUAGE', 'AT_SPI_BUS_ADDRESS'):
            os.environ.pop(name, None)

        missing = [name for name in ('Xvfb', 'xdotool', 'dbus-daemon') if not shutil.which(name)]
        if missing:
            print(f"not installed: {', '.join(missing)}", file=sys.stderr)
            sys.exit(SKIP)
        os.environ['DISPLAY'] = self.start_screen('screen')
        os.environ['DBUS_SESSION_BUS_ADDRESS'] = self.start(
            'dbus', 'dbus-daemon', '--session', '--nofork', '--print-address', first_line=True)

        try:
            import gi
            gi.require_version('Atspi', '2.0')
            from gi.repository import Atspi, GLib
        except (ImportError, ValueError) as error:
            print(f'no accessibility library: {error}', file=sys.stderr)
            sys.exit(SKIP)
        self.Atspi, self.GLib = Atspi, GLib
        Atspi.init()

    def start_screen(self, name):
        """An X server without a window manager: keys go to the window under the pointer."""
        read, write = os.pipe()
        self.start(name, 'Xvfb', '-displayfd', str(write), '-screen', '0', '1280x1024x24', '-noreset',
                   '-nolisten', 'tcp', pass_fds=[write])
        os.close(write)
        with os.fdopen(read) as pipe:
            number = pipe.readline().strip()
        assert number, 'Xvfb does not start'
        return ':' + number

    def start_keyring(self):
        """A keyring that is open, for all apps. FALSE: there is none on this machine."""
        if not shutil.which('gnome-keyring-daemon'):
            return False
        with open(self.path('keyring.log'), 'ab') as log:
            keyring = subprocess.Popen(['gnome-keyring-daemon', '--foreground', '--unlock', '--components=secrets'],
                                       stdin=subprocess.PIPE, stdout=log, stderr=log)
        keyring.stdin.write(b'for this test')
        keyring.stdin.close()
        self.processes.append(keyring)
        from gi.repository import Gio
        bus = Gio.bus_get_sync(Gio.BusType.SESSION)
        self.wait(lambda: bus.call_sync('org.freedesktop.DBus', '/org/freedesktop/DBus', 'org.freedesktop.DBus', 'NameHasOwner',
                                        self.GLib.Variant('(s)', ('org.freedesktop.secrets',)), None, Gio.DBusCallFlags.NONE, -1,
                                        None).unpack()[0], 'the keyring')
        return True

    def start_server(self, *client_ids):
        with open(self.path('ClientID-List'), 'w', encoding='ascii') as file:
            file.write('\n'.join(client_ids) + '\n')
        with open(self.path('server.conf'), 'w', encoding='ascii') as file:
            file.write('[server]\nlisten=127.0.0.1:0\nclient-list=ClientID-List\ndata-directory=history\n')
        line = self.start('server', os.environ['WEBCHAT_SERVER'], '--config', self.path('server.conf'),
                          first_line=True)
        self.address = line.removeprefix('listening on ')

    def start_app(self, name, *arguments, display=None):
        display = display or self.start_screen(name + '-screen')
        process = self.start(name, os.environ['WEBCHAT_APP'], '--profile', name, *arguments,
                             env={**os.environ, 'DISPLAY': display})
        app = App(self, name, process, display)
        self.apps.append(app)
        return app

    def wait(self, condition, what):
        """The first true value of the condition."""
        end = time.monotonic() + DEADLINE
        context = self.GLib.MainContext.default()
        while time.monotonic() < end:
            while context.iteration(False):
                pass
            for app in self.apps:
                assert app.process.poll() is None, f'{app.name} has ended with {app.process.returncode}'
            try:
                value = condition()
                if value:
                    return value
            except self.GLib.Error:
                pass  # a node that has gone while it was looked at
            time.sleep(0.02)  # between two looks; there is no event for everything
        raise AssertionError(f'waited in vain for {what}')


class App:
    """One WebChat process, seen through accessibility."""

    def __init__(self, desktop, name, process, display):
        self.desktop = desktop
        self.name = name
        self.process = process
        self.display = display

    def root(self):
        top = self.desktop.Atspi.get_desktop(0)
        for i in range(top.get_child_count()):
            child = top.get_child_at_index(i)
            if child and child.get_process_id() == self.process.pid:
                return child
        return None

    def walk(self, node=None):
        node = node or self.root()
        if node is None:
            return
        yield node
        for i in range(node.get_child_count()):
            child = node.get_child_at_index(i)
            if child:
                yield from self.walk(child)

    def is_visible(self, node):
        return node.get_state_set().contains(self.desktop.Atspi.StateType.VISIBLE)

    def look(self, role, name, within=None):
        """The visible node of a role whose name has this in it; None when there is none."""
        for node in self.walk(within):
            # Newer GTKs call a push button just a button.
            if node.get_role_name().removeprefix('push ') == role and name in (node.get_name() or '') and self.is_visible(node):
                return node
        return None

    def find(self, role, name, within=None):
        return self.desktop.wait(lambda: self.look(role, name, within), f'the {role} "{name}" of {self.name}')

    def gone(self, role, name):
        self.desktop.wait(lambda: not self.look(role, name), f'{self.name} to lose the {role} "{name}"')

    def press(self, role, name):
        """Does what a click does."""
        def press():
            node = self.look(role, name)
            return node and node.get_n_actions() and node.do_action(0)
        self.desktop.wait(press, f'{self.name} to press "{name}"')

    def do(self, action):
        """An action by its name, such as win.end-chat, wherever in the window it is to be had."""
        for node in self.walk():
            for i in range(node.get_n_actions()):
                if node.get_action_name(i) == action:
                    return node.do_action(i)
        return False

    def act(self, action):
        self.desktop.wait(lambda: self.do(action), f'{self.name} to do {action}')

    def xdotool(self, *arguments):
        subprocess.run(['xdotool', 'mousemove', '200', '200', *arguments], check=True,
                       env={**os.environ, 'DISPLAY': self.display})

    def key(self, combination):
        self.xdotool('key', combination)

    def focused(self, role, name):
        def look():
            node = self.look(role, name)
            return node and node.get_state_set().contains(self.desktop.Atspi.StateType.FOCUSED) and node
        return self.desktop.wait(look, f'the focus of {self.name} to be in "{name}"')

    def type(self, role, name, text):
        """Types into the field that has the focus, and waits until the text is there."""
        node = self.focused(role, name)
        self.xdotool('type', '--delay', '1', text)
        self.wait_for_text(node, name, text)

    def write(self, role, name, text):
        """Puts a text into a field at once, and waits until it is there."""
        node = self.find(role, name)
        node.set_text_contents(text)
        self.wait_for_text(node, name, text)

    def text_of(self, node):
        text = self.desktop.Atspi.Text
        return text.get_text(node, 0, text.get_character_count(node))

    def wait_for_text(self, node, name, text):
        self.desktop.wait(lambda: self.text_of(node) == text,
                          f'"{text}" in the field "{name}" of {self.name}')

    def close(self):
        """Closes the window, and with it the app."""
        self.desktop.apps.remove(self)

        def ended():
            if self.process.poll() is None:
                self.do('window.close')  # may be its last word: then there is no answer
            return self.process.poll() is not None
        self.desktop.wait(ended, f'{self.name} to end')
        assert self.process.returncode == 0, f'{self.name} has ended with {self.process.returncode}'

    def describe(self):
        """The visible tree, for a person who asks why a test has failed."""
        lines = []

        def add(node, depth):
            if self.is_visible(node):
                actions = [node.get_action_name(i) for i in range(node.get_n_actions())]
                lines.append(f"{'  ' * depth}{node.get_role_name()} {node.get_name()!r} {actions or ''}")
            for i in range(node.get_child_count()):
                child = node.get_child_at_index(i)
                if child:
                    add(child, depth + 1)

        try:
            root = self.root()
            if root:
                add(root, 1)
        except self.desktop.GLib.Error as error:
            lines.append(f'({error.message})')
        return '\n'.join(lines) or '(nothing)'
