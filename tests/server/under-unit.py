#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""under-unit.py UNIT COMMAND…: runs a command with the system calls that a systemd unit leaves it, without systemd.

What the unit's SystemCallFilter, SystemCallErrorNumber, RestrictAddressFamilies and MemoryDenyWriteExecute say becomes a seccomp filter, which the
command's children inherit. A call that would be refused kills the process, so that a test sees it, unless the unit names an error number. Run by root it
becomes nobody first, for root has more to ask for. Exits with 77 where that is not possible: no systemd-analyze, another processor, a folder that is root's alone.
"""
import ctypes
import errno
import os
import re
import struct
import subprocess
import sys

AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
FAMILIES = {"AF_UNIX": 1, "AF_INET": 2, "AF_INET6": 10}
LOAD, JUMP_EQUAL, JUMP_SET, RETURN = 0x20, 0x15, 0x45, 0x06
ALLOW, KILL, ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
NR, ARCH, ARGS = 0, 4, 16
PROT_EXEC = 4
NOBODY = 65534
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2


def skip(why):
    print("skipped:", why, file=sys.stderr)
    sys.exit(77)


def output(*command, **more):
    try:
        return subprocess.run(command, check=True, capture_output=True, text=True, **more).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        skip(error)


def call_numbers():
    macros = output("cc", "-E", "-dM", "-", input="#include <sys/syscall.h>\n")
    return {name: int(number) for name, number in re.findall(r"#define __NR_(\w+) (\d+)$", macros, re.M)}


def members(group):
    """The names of the calls in a group like @system-service."""
    found = set()
    for line in output("systemd-analyze", "syscall-filter", group).splitlines()[1:]:
        word = line.strip()
        if word.startswith("@"):
            found |= members(word)
        elif word and not word.startswith("#"):
            found.add(word)
    return found


def read_unit(file):
    settings = {}
    for line in open(file, encoding="utf-8"):
        match = re.match(r"(\w+)=(.*)", line)
        if match:
            settings.setdefault(match[1], []).append(match[2].strip())
    return settings


def allowed_names(rows):
    allowed = set()
    for row in rows:
        names = set()
        for word in row.lstrip("~").split():
            names |= members(word) if word.startswith("@") else {word}
        allowed = allowed - names if row.startswith("~") else allowed | names
    return allowed | members("@default")


def instruction(code, k, if_true=0, if_false=0):
    return struct.pack("HBBI", code, if_true, if_false, k)


def filter_program(settings):
    machine = os.uname().machine
    if machine not in AUDIT_ARCH:
        skip("no filter is written for " + machine)
    numbers = call_numbers()
    error = settings.get("SystemCallErrorNumber", [""])[0]
    refuse = instruction(RETURN, ERRNO | getattr(errno, error) if error else KILL)
    program = [
        instruction(LOAD, ARCH),
        instruction(JUMP_EQUAL, AUDIT_ARCH[machine], 1, 0),
        instruction(RETURN, KILL),
        instruction(LOAD, NR),
    ]

    families = " ".join(settings["RestrictAddressFamilies"]).split()
    program.append(instruction(JUMP_EQUAL, numbers["socket"], 0, len(families) + 3))
    program.append(instruction(LOAD, ARGS))
    for i, family in enumerate(families):
        program.append(instruction(JUMP_EQUAL, FAMILIES[family], len(families) - i, 0))
    program += [instruction(RETURN, ERRNO | errno.EAFNOSUPPORT), instruction(LOAD, NR)]

    if settings.get("MemoryDenyWriteExecute") == ["yes"]:
        # Of mmap() only what is writable at the same time.
        for call, bits in (("mprotect", PROT_EXEC), ("pkey_mprotect", PROT_EXEC)):
            program += [
                instruction(JUMP_EQUAL, numbers[call], 0, 4),
                instruction(LOAD, ARGS + 2 * 8),
                instruction(JUMP_SET, bits, 0, 1),
                instruction(RETURN, ERRNO | errno.EPERM),
                instruction(LOAD, NR),
            ]

    for name in sorted(allowed_names(settings["SystemCallFilter"]) & numbers.keys()):
        program += [instruction(JUMP_EQUAL, numbers[name], 0, 1), instruction(RETURN, ALLOW)]
    return program + [refuse]


def leave_root(command):
    if os.getuid() != 0:
        return
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)
    if not os.access(command, os.X_OK):
        skip("nobody may not run " + command)


def main():
    if len(sys.argv) < 3:
        print(__doc__)
        sys.exit(2)
    program = filter_program(read_unit(sys.argv[1]))
    code = ctypes.create_string_buffer(b"".join(program))
    header = struct.pack("HxxxxxxP", len(program), ctypes.addressof(code))
    leave_root(sys.argv[2])
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, header, 0, 0):
        skip(os.strerror(ctypes.get_errno()))
    os.execvp(sys.argv[2], sys.argv[2:])


main()
