# SPDX-License-Identifier: GPL-3.0-or-later
"""Two people, each with a WebChat of their own, one server: from the login to the history."""

import os

from desktop import Desktop


def open_chat(person, with_whom):
    person.key('ctrl+k')
    person.type('entry', 'Search people', with_whom)
    person.key('Return')
    person.focused('text', f'Message {with_whom}')


def find_stored(person, text):
    """A message of one's own that the server has on its disk."""
    def look():
        row = person.look('list item', text)
        return row and any(state in row.get_name() for state in ('Stored', 'Delivered', 'Read'))
    person.desktop.wait(look, f'"{text}" of {person.name} to be stored')


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
    find_stored(alice, 'hello bob, is it you?')
    bob.find('list item', 'alice, online, 1 unread message')
    open_chat(bob, 'alice')
    bob.find('list item', ': hello bob, is it you?')

    # bob answers by the button.
    bob.write('text', 'Message alice', 'Zażółć gęślą\njaźń 👋')
    bob.press('button', 'Send')
    find_stored(bob, 'jaźń 👋')
    alice.find('list item', 'jaźń 👋')

    # Both know who has ended it.
    bob.act('win.end-chat')
    bob.find('list item', 'You ended the chat')
    alice.find('list item', 'bob ended the chat')

    # The history has the two messages, in their order.
    alice.key('ctrl+h')
    rows = desktop.wait(lambda: messages_in(alice, is_history=True), "alice's history")
    assert len(rows) == 2 and 'hello bob' in rows[0] and 'Zażółć' in rows[1], rows

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


for _ in range(int(os.environ.get('WEBCHAT_E2E_RUNS', 1))):
    with Desktop() as session:
        two_people(session)
