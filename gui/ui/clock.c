/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/clock.h"

#include <errno.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <glib-unix.h>

#include "ui/timestamp.h"

struct _UiClock
{
  GObject parent_instance;

  guint today;
  int fd; /* -1 when there is no timer */
};

G_DEFINE_FINAL_TYPE (UiClock, ui_clock, G_TYPE_OBJECT)

enum
{
  PROP_TODAY = 1,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

static gint64 stopped_at; /* for tests; 0: it goes */

gint64
ui_now (void)
{
  return stopped_at ? stopped_at : g_get_real_time () / 1000;
}

/* A GLib timeout counts the time that the computer is awake; this one knows the hour, and ends early when the clock is set. */
static void
arm (UiClock *self)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_local ();
  g_autoptr (GDateTime) tomorrow = g_date_time_add_days (now, 1);
  g_autoptr (GDateTime) midnight = g_date_time_new_local (g_date_time_get_year (tomorrow), g_date_time_get_month (tomorrow),
                                                          g_date_time_get_day_of_month (tomorrow), 0, 0, 0);
  struct itimerspec end = { 0 };

  end.it_value.tv_sec = (time_t) g_date_time_to_unix (midnight);
  timerfd_settime (self->fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &end, NULL);
}

static void
update (UiClock *self)
{
  const guint today = ui_day_number (ui_now ());

  if (today == self->today)
    return;
  self->today = today;
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_TODAY]);
}

static gboolean
timer_cb (int fd, GIOCondition condition, gpointer user_data)
{
  UiClock *self = user_data;
  guint64 n;

  if (read (fd, &n, sizeof n) < 0 && errno == EAGAIN)
    return G_SOURCE_CONTINUE;
  arm (self);
  update (self);
  return G_SOURCE_CONTINUE;
}

static void
ui_clock_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  if (id == PROP_TODAY)
    g_value_set_uint (value, UI_CLOCK (object)->today);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
ui_clock_class_init (UiClockClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = ui_clock_get_property;
  props[PROP_TODAY] = g_param_spec_uint ("today", NULL, NULL, 0, G_MAXUINT, 0, G_PARAM_READABLE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
ui_clock_init (UiClock *self)
{
  self->today = ui_day_number (ui_now ());
  self->fd = timerfd_create (CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
  if (self->fd < 0)
    return;
  arm (self);
  g_unix_fd_add (self->fd, G_IO_IN, timer_cb, self);
}

UiClock *
ui_clock_get_default (void)
{
  static UiClock *clock; /* for as long as the program runs */

  if (!clock)
    clock = g_object_new (UI_TYPE_CLOCK, NULL);
  return clock;
}

guint
ui_clock_get_today (UiClock *self)
{
  g_return_val_if_fail (UI_IS_CLOCK (self), 0);

  return self->today;
}

void
ui_clock_stop_at (UiClock *self, gint64 now)
{
  g_return_if_fail (UI_IS_CLOCK (self));

  stopped_at = now;
  update (self);
}
