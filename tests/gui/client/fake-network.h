/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A network that comes and goes, and a machine that sleeps, as a test says. Every client of test_client_new() lives in this world. */
#pragma once

#include "client/client-private.h"

/* One for the whole process (transfer none), available at first. */
GNetworkMonitor *fake_network (void);

/* Says so to everybody, whether it changes or not. */
void fake_network_change (gboolean available);

/* The machine sleeps for so long; nobody is told. */
void fake_sleep (guint seconds);

extern const WcClocks fake_clocks;
