# SPDX-License-Identifier: GPL-3.0-or-later
"""Two people, each with a WebChat of their own, one server: from the login to the history and the search in it."""

import os
import subprocess
import sys

from desktop import Desktop


def open_chat(person, with_whom):
    person.key('ctrl+k')
    person.type('entry', 'Search people', with_whom)
    person.key('Return')
    person.focused('text', f'Message {with_whom}')


def find_own(person, text, *states):
    """A message of one's own that has come this far."""
    def look():
        row = person.look('list item', text)
        return row and any(f'({state})' in row.get_name() for state in states)
    person.desktop.wait(look, f'"{text}" of {person.name} to be {" or ".join(states)}')


def find_focused_row(person, text):
    """The keyboard is on a row with this text; there may be others with it."""
    focused = person.desktop.Atspi.StateType.FOCUSED

    def look():
        return any(node.get_role_name() == 'list item' and text in (node.get_name() or '') and node.get_state_set().contains(focused)
                   for node in person.walk())
    person.desktop.wait(look, f'the focus of {person.name} to be on a row with "{text}"')


def messages_in(person, is_history):
    """The rows of the chat's log, or of the history beside it, which has no row of the chat's life."""
    for node in person.walk():
        if node.get_role_name() == 'list' and node.get_name() == 'Messages' and person.is_visible(node):
            rows = [row.get_name() for row in person.walk(node) if row.get_role_name() == 'list item']
            if rows and is_history != any('ended the chat' in row for row in rows):
                return rows
    return []


def two_people(desktop):
    desktop.start_server('alice', 'bob')

    # bob by the command line, alice by the login page.
    bob = desktop.start_app('bob', '--server', desktop.address, '--client-id', 'bob')
    bob.find('list item', 'alice, offline')
    alice = desktop.start_app('alice', '--server', desktop.address)
    alice.write('text', 'Client-ID', 'alice')
    alice.press('button', 'Log In')
    alice.find('list item', 'bob, online')
    bob.find('list item', 'alice, online')

    # alice types and sends by the keyboard; bob sees that there is something unread, and reads it.
    open_chat(alice, 'bob')
    alice.type('text', 'Message bob', 'hello bob, is it you?')
    alice.key('Return')
    alice.find('list item', 'Chat started')
    find_own(alice, 'hello bob, is it you?', 'Delivered')
    bob.find('list item', 'alice, online, 1 unread message')
    open_chat(bob, 'alice')
    bob.find('list item', ': hello bob, is it you?')
    find_own(alice, 'hello bob, is it you?', 'Read')

    # bob answers by the button.
    bob.write('text', 'Message alice', 'Zażółć gęślą\njaźń 👋')
    bob.press('button', 'Send')
    find_own(bob, 'jaźń 👋', 'Delivered', 'Read')
    alice.find('list item', 'jaźń 👋')

    # Both know who has ended it.
    bob.act('win.end-chat')
    bob.find('list item', 'You ended the chat')
    alice.find('list item', 'bob ended the chat')

    # The history has the two messages, in their order.
    alice.key('ctrl+h')
    rows = desktop.wait(lambda: messages_in(alice, is_history=True), "alice's history")
    assert len(rows) == 2 and 'hello bob' in rows[0] and 'Zażółć' in rows[1], rows

    # A word, begun and without its accents, finds one of them, and it opens in its place; then back to the people.
    alice.key('ctrl+shift+f')
    alice.type('entry', 'Search all chats', 'gesl')
    alice.find('list item', 'gęślą', alice.find('list', 'Messages Found'))
    alice.key('Return')
    find_focused_row(alice, 'gęślą')
    alice.key('Escape')
    alice.focused('text', 'Message bob')
    alice.key('ctrl+k')

    # bob closes his window; alice closes hers and comes back: nobody asks who she is.
    bob.close()
    alice.find('list item', 'bob, offline')
    with open(desktop.path('data/webchat/profiles/alice/Client-ID'), encoding='ascii') as file:
        assert file.read().strip() == 'alice'
    alice.close()
    alice = desktop.start_app('alice')
    alice.find('list item', 'bob, offline')
    open_chat(alice, 'bob')
    alice.find('list item', 'hello bob, is it you?')
    alice.find('list item', 'jaźń 👋')
    alice.close()


runs = int(os.environ.get('WEBCHAT_E2E_RUNS', 1))
if runs > 1:
    # Each in a process of its own: the accessibility library stays with the first bus that it has found.
    for _ in range(runs):
        subprocess.run([sys.executable, __file__], check=True, env={**os.environ, 'WEBCHAT_E2E_RUNS': '1'})
else:
    with Desktop() as session:
        two_people(session)
