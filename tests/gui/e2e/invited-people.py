# SPDX-License-Identifier: GPL-3.0-or-later
"""From nothing to two people who chat over TLS, each with a proof of who they are: a server set up by one command, two invitations, two clicks."""

import os
import re
import subprocess
import sys

from desktop import Desktop

PROOF = 'SCRAM-SHA-256$'


def server_command(*arguments):
    """What a command of webchat-server prints."""
    return subprocess.run([os.environ['WEBCHAT_SERVER'], *arguments], check=True, stdout=subprocess.PIPE, text=True).stdout


def start_server(desktop):
    """webchat-server init, but for the ports: they are those that the system has free."""
    conf = desktop.path('server.conf')
    server_command('--config', conf, 'init', '--host', 'localhost', '--port', '0')
    with open(conf, encoding='utf-8') as file:
        text = file.read()
    text = re.sub(r'(?m)^listen=.*', 'listen=127.0.0.1:0', text)
    text = re.sub(r'(?m)^tls-listen=.*', 'tls-listen=127.0.0.1:0', text)
    with open(conf, 'w', encoding='utf-8') as file:
        file.write(text)
    desktop.start('server', os.environ['WEBCHAT_SERVER'], '--config', conf, first_line=True)
    return conf


def invite(conf, client_id):
    link = re.search(r'webchat://\S+', server_command('--config', conf, 'invite', client_id))
    assert link, f'no link for {client_id}'
    return link.group()


def verifiers(desktop):
    """Client-ID -> what the list has for it."""
    with open(desktop.path('data/ClientID-List'), encoding='utf-8') as file:
        rows = [line.split() for line in file if line.strip() and not line.startswith('#')]
    return {row[0]: row[1] if len(row) > 1 else '' for row in rows}


def fill_in(person, name, password):
    """A password, which nobody can read there."""
    return person.look('text', name) and person.look('text', name).set_text_contents(password)


def join(person, whom, password):
    """One click. Only where there is no keyring, or one that takes too long, they say by which password they will come again."""
    person.find('heading', f'as {whom}?')
    focused = person.desktop.Atspi.StateType.FOCUSED

    def ready():
        button = person.look('button', 'Join')
        return fill_in(person, 'New Password', password) or (button and button.get_state_set().contains(focused))
    person.desktop.wait(ready, f'{person.name} to be asked')
    person.press('button', 'Join')


def come_back(person, password, sign):
    """Let in by what the keyring has, or asked for the password."""
    if person.desktop.wait(lambda: person.look('list item', sign) or fill_in(person, 'Password', password), f'{person.name} to come back') is True:
        person.press('button', 'Log In')
    person.find('list item', sign)


def invited_people(desktop):
    desktop.start_keyring()
    conf = start_server(desktop)
    links = {name: invite(conf, name) for name in ('alice', 'bob')}
    before = verifiers(desktop)

    # What a person would compare the app's question with.
    fingerprint = re.search(r'sha256=([0-9a-f]{64})', links['alice']).group(1)
    status = server_command('--config', conf, 'status')
    assert fingerprint in re.sub(r'\s', '', status) and ' '.join(re.findall('....', fingerprint)[:4]) in status, status

    alice = desktop.start_app('alice', links['alice'])
    join(alice, 'alice', 'correct horse')
    alice.find('list item', 'bob, offline')

    # bob runs it already when he gets his link: it is handed over.
    bob = desktop.start_app('bob')
    bob.find('button', 'Log In')
    subprocess.run([os.environ['WEBCHAT_APP'], '--profile', 'bob', links['bob']], check=True, env={**os.environ, 'DISPLAY': bob.display})
    join(bob, 'bob', 'battery staple')
    bob.find('list item', 'alice, online')
    alice.find('list item', 'bob, online')
    after = verifiers(desktop)
    assert all(after[name].startswith(PROOF) and after[name] != before[name] for name in links), after

    # They chat.
    alice.key('ctrl+k')
    alice.type('entry', 'Search people', 'bob')
    alice.key('Return')
    alice.focused('text', 'Message bob')
    alice.type('text', 'Message bob', 'it was one click')
    alice.key('Return')
    bob.find('list item', 'alice, online, 1 unread message')
    bob.key('ctrl+k')
    bob.type('entry', 'Search people', 'alice')
    bob.key('Return')
    bob.find('list item', ': it was one click')
    bob.find('button', 'Encrypted')

    # The same link is no good a second time, and that is said in the window that it is opened in.
    mallory = desktop.start_app('mallory', links['alice'])
    join(mallory, 'alice', 'let me in now')
    mallory.find('label', 'This invitation is not valid any more')
    mallory.key('Escape')
    mallory.find('button', 'Log In')
    mallory.close()

    # alice comes back: her server asks for her password, and the keyring has it.
    alice.close()
    bob.find('list item', 'alice, offline')
    alice = desktop.start_app('alice')
    come_back(alice, 'correct horse', 'bob, online')
    alice.find('list item', 'it was one click')
    alice.close()
    bob.close()


runs = int(os.environ.get('WEBCHAT_E2E_RUNS', 1))
if runs > 1:
    # Each in a process of its own: the accessibility library stays with the first bus that it has found.
    for _ in range(runs):
        subprocess.run([sys.executable, __file__], check=True, env={**os.environ, 'WEBCHAT_E2E_RUNS': '1'})
else:
    with Desktop() as session:
        invited_people(session)
