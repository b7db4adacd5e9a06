/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Networks come and go, and machines sleep. Neither tells a connection, which would wait for an answer that never comes. */
#include "client/client-private.h"

#include <glib-unix.h>
#include <glib/gi18n.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

/* So much further has a clock gone on that did not stop: the machine slept, or the clock was set, which asks for no more than a probe. */
#define SLEPT_US (3 * G_USEC_PER_SEC)

/* A timer for no time that ever comes. */
#define NEVER_S ((time_t) 20 * 365 * 24 * 3600)

static gint64
boot_clock (void)
{
  struct timespec now = { 0 };

  clock_gettime (CLOCK_BOOTTIME, &now);

  return now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000;
}

void
wc_client_init_network (WcClient *self)
{
  self->network.clock_fd = -1;
  self->network.clocks = (WcClocks) { .boot = boot_clock, .wall = g_get_real_time };
}

void
wc_client_clear_network (WcClient *self)
{
  g_assert (self->network.changed_handler == 0 && self->network.nudge_source == 0 && self->network.probe_source == 0);
  g_assert (self->network.clock_source == 0);
  g_clear_object (&self->network.monitor);
}

void
wc_client_set_network_monitor (WcClient *self, GNetworkMonitor *monitor)
{
  g_assert (self->network.changed_handler == 0);
  g_set_object (&self->network.monitor, monitor);
}

void
wc_client_set_clocks (WcClient *self, const WcClocks *clocks)
{
  self->network.clocks = *clocks;
}

static gboolean
nudge_cb (gpointer user_data)
{
  WcClient *self = user_data;

  self->network.nudge_source = 0;
  self->network.last_nudge = g_get_monotonic_time ();
  if (self->state == WC_STATE_CONNECTING && self->network.hurried)
    {
      /* It asks for a way on the network that is no more. */
      wc_client_drop_connection (self);
      wc_client_open (self);
    }
  else
    {
      wc_client_retry_now (self);
    }

  return G_SOURCE_REMOVE;
}

/* A network that comes and goes all the time leads to a try now and then, not to one each time. */
static void
nudge (WcClient *self)
{
  WcNetwork *network = &self->network;
  gint64 since = (g_get_monotonic_time () - network->last_nudge) / 1000;
  guint delay = self->timing.settle;

  self->attempt = 0;
  if (network->nudge_source != 0)
    return;

  if (network->last_nudge != 0 && since < self->timing.calm)
    delay = MAX (delay, self->timing.calm - since);
  network->nudge_source = g_timeout_add (delay, nudge_cb, self);
}

static gboolean
probe_cb (gpointer user_data)
{
  WcClient *self = user_data;
  WcNetwork *network = &self->network;
  gint64 heard = wc_connection_get_last_heard (self->connection);

  network->probe_source = 0;
  if (self->base)
    {
      wc_connection_set_impatient (self->connection, FALSE);
    }
  else if (heard < network->probe_sent + self->timing.probe * (gint64) 1000 / 4)
    {
      /* What came at once may have lain here since before; and a server that is busy talking need not have come to the answer yet. */
      wc_client_fail (self, WC_ERROR_NO_ANSWER, _("The server does not answer any more. It is tried again."));
    }

  return G_SOURCE_REMOVE;
}

/* Is the connection still one? The answer to an earlier question does for this one too. */
static void
probe (WcClient *self)
{
  WcNetwork *network = &self->network;
  char token[24];

  if (self->timing.probe == 0 || network->probe_source != 0)
    return;

  network->probe_sent = g_get_monotonic_time ();
  network->probe_source = g_timeout_add (self->timing.probe, probe_cb, self);
  if (self->base)
    {
      /* No question can be asked, but the kernel can. */
      wc_connection_set_impatient (self->connection, TRUE);
    }
  else
    {
      g_snprintf (token, sizeof token, "probe-%u", ++network->n_probes);
      wc_client_send_verb (self, WIRE_PING, token);
    }
}

void
wc_client_stop_probe (WcClient *self)
{
  g_clear_handle_id (&self->network.probe_source, g_source_remove);
}

void
wc_client_take_pong (WcClient *self, WireSpan token)
{
  char expected[24];

  g_snprintf (expected, sizeof expected, "probe-%u", self->network.n_probes);
  if (wire_span_equal (token, expected))
    wc_client_stop_probe (self);
}

/* Whatever was, may not be any more. */
static void
look_again (WcClient *self, gboolean worth_a_try)
{
  switch (self->state)
    {
    case WC_STATE_ONLINE:
      probe (self);
      break;
    case WC_STATE_WAITING:
      if (worth_a_try)
        nudge (self);
      break;
    case WC_STATE_CONNECTING:
    case WC_STATE_AUTHENTICATING:
      wc_client_hurry (self);
      if (worth_a_try)
        nudge (self);
      break;
    case WC_STATE_OFFLINE:
    default:
      break;
    }
}

static void
changed_cb (GNetworkMonitor *monitor, gboolean available, gpointer user_data)
{
  WcClient *self = user_data;
  gboolean was_available = self->network.available;

  /* Without a way to everywhere it is called gone; a change of what there is then may still be the way to the server. */
  g_debug ("the network has changed: it is %s", available ? "there" : "gone");
  self->network.available = available;
  look_again (self, available || !was_available);
}

void
wc_client_check_sleep (WcClient *self)
{
  WcNetwork *network = &self->network;
  gint64 now = g_get_monotonic_time ();
  gint64 boot_ahead = network->clocks.boot () - now, wall_ahead = network->clocks.wall () - now;
  gboolean slept = boot_ahead - network->boot_ahead >= SLEPT_US || wall_ahead - network->wall_ahead >= SLEPT_US;

  network->boot_ahead = boot_ahead;
  network->wall_ahead = wall_ahead;
  if (!slept)
    return;

  g_debug ("the machine has slept");
  look_again (self, TRUE);
}

static void
arm_clock (int fd)
{
  struct itimerspec never = { .it_value = { .tv_sec = time (NULL) + NEVER_S } };

  timerfd_settime (fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, NULL);
}

static gboolean
clock_set_cb (int fd, GIOCondition condition, gpointer user_data)
{
  WcClient *self = user_data;
  guint64 unused;

  if (read (fd, &unused, sizeof unused) < 0)
    arm_clock (fd);
  wc_client_check_sleep (self);

  return G_SOURCE_CONTINUE;
}

void
wc_client_watch_network (WcClient *self)
{
  WcNetwork *network = &self->network;
  gint64 now = g_get_monotonic_time ();

  if (network->changed_handler != 0)
    return;

  if (network->monitor == NULL)
    network->monitor = g_object_ref (g_network_monitor_get_default ());
  network->available = g_network_monitor_get_network_available (network->monitor);
  network->changed_handler = g_signal_connect (network->monitor, "network-changed", G_CALLBACK (changed_cb), self);
  network->boot_ahead = network->clocks.boot () - now;
  network->wall_ahead = network->clocks.wall () - now;

  /* Wakes up when the clock is set, and after a sleep it is. Without it the keep-alive finds out a little later. */
  network->clock_fd = timerfd_create (CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
  if (network->clock_fd >= 0)
    {
      arm_clock (network->clock_fd);
      network->clock_source = g_unix_fd_add (network->clock_fd, G_IO_IN, clock_set_cb, self);
    }
}

void
wc_client_unwatch_network (WcClient *self)
{
  WcNetwork *network = &self->network;

  if (network->changed_handler == 0)
    return;

  g_clear_signal_handler (&network->changed_handler, network->monitor);
  g_clear_handle_id (&network->nudge_source, g_source_remove);
  g_clear_handle_id (&network->clock_source, g_source_remove);
  if (network->clock_fd >= 0)
    close (network->clock_fd);
  network->clock_fd = -1;
  network->last_nudge = 0;
}

static gboolean
is_this_computer (const char *host)
{
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (host);

  return address != NULL ? g_inet_address_get_is_loopback (address) : g_ascii_strcasecmp (host, "localhost") == 0;
}

GError *
wc_client_refine_error (WcClient *self, const GError *error)
{
  const char *details = strchr (error->message, '\n');

  if (error->domain != WC_ERROR || self->network.monitor == NULL || is_this_computer (self->host)
      || g_network_monitor_get_network_available (self->network.monitor))
    return g_error_copy (error);

  switch ((WcError) error->code)
    {
    case WC_ERROR_NAME_NOT_FOUND:
    case WC_ERROR_NO_ANSWER:
    case WC_ERROR_NO_NETWORK:
      return g_error_new (WC_ERROR, WC_ERROR_NO_NETWORK, "%s%s", _("This computer is not connected to a network. It is tried again once it is."),
                          details != NULL ? details : "");
    default:
      return g_error_copy (error);
    }
}
