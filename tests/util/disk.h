/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Disks that give trouble: a small file system of the test's own, and one whose writes fail. */
#pragma once

#include "tests/util/server.h"

/* Gives this process, and those that it starts, mounts of their own. First of all, before there are
 * threads. FALSE where the system does not allow it: *why says so. */
gboolean test_disk_enter (const char **why);

/* Puts an empty file system of so many KiB at a folder, which is made; and takes it away. Nothing may use it then. */
void test_disk_mount (const char *folder, guint kib);
void test_disk_unmount (const char *folder);

/* Nobody may have a file open for writing there. */
void test_disk_set_read_only (const char *folder, gboolean read_only);

/* Uses all the room that is left at a folder; and gives it back. */
void test_disk_fill (const char *folder);
void test_disk_clear (const char *folder);

/* The server will be started with failing-disk.c in it. */
void test_disk_prepare_failing (TestServer *server);

/* From now on its writes and its syncs fail with these; 0: they work. */
void test_disk_fail (TestServer *server, int write_errno, int sync_errno);
