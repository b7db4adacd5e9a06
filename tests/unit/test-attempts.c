/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How long who has failed must wait, by a clock of the test's. */
#include "chat/attempts.h"

#include <arpa/inet.h>
#include <string.h>

#define SECOND G_TIME_SPAN_SECOND
#define FOR_EVER G_MAXINT64

static gint64 now;

static gint64
get_now (void)
{
  return now;
}

typedef struct
{
  Attempts *attempts;
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  now = 1000 * SECOND;
  f->attempts = attempts_new (get_now);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  attempts_free (f->attempts);
}

static struct in6_addr
make_address (const char *text)
{
  struct in6_addr address;

  if (strchr (text, ':') != NULL)
    g_assert_cmpint (inet_pton (AF_INET6, text, &address), ==, 1);
  else
    {
      g_autofree char *mapped = g_strconcat ("::ffff:", text, NULL);

      g_assert_cmpint (inet_pton (AF_INET6, mapped, &address), ==, 1);
    }
  return address;
}

/* Tries, and fails: returns how long it had to wait, in seconds. The clock goes on to when it was looked at. */
static int
fail (Fixture *f, const char *from, const char *id)
{
  struct in6_addr address = make_address (from);
  gint64 when = attempts_reserve (f->attempts, &address, id, FOR_EVER);
  gint64 wait = when - now;

  g_assert_cmpint (wait, >=, 0);
  now = when;
  return (int) (wait / SECOND);
}

/* The same, and succeeds. */
static int
succeed (Fixture *f, const char *from, const char *id)
{
  struct in6_addr address = make_address (from);
  int wait = fail (f, from, id);

  attempts_succeed (f->attempts, &address, id);
  return wait;
}

/* How long it would have to wait; nothing is reserved. */
static int
ask (Fixture *f, const char *from, const char *id)
{
  struct in6_addr address = make_address (from);
  gint64 when = attempts_reserve (f->attempts, &address, id, now);

  if (when > now)
    return (int) ((when - now) / SECOND);
  attempts_succeed (f->attempts, &address, id);
  return 0;
}

static const int delays[] = { 0, 0, 0, 0, 2, 4, 8, 16, 30, 30, 30 };

/* Fails from the address until it has as many free failures left as an ID has. Each time with another ID. */
static void
spend (Fixture *f, const char *from)
{
  for (guint i = ATTEMPTS_ID_FREE; i < ATTEMPTS_ADDRESS_FREE; i++)
    {
      g_autofree char *id = g_strdup_printf ("spent%u", i);

      g_assert_cmpint (fail (f, from, id), ==, 0);
    }
}

/* One ID from one address. */
static void
test_growing (Fixture *f, gconstpointer data)
{
  for (guint i = 0; i < G_N_ELEMENTS (delays); i++)
    g_assert_cmpint (fail (f, "192.0.2.1", "alice"), ==, delays[i]);
  for (guint i = 0; i < 1000; i++)
    g_assert_cmpint (fail (f, "192.0.2.1", "alice"), ==, 30);
}

/* Many IDs from one address. */
static void
test_address (Fixture *f, gconstpointer data)
{
  spend (f, "192.0.2.1");
  for (guint i = 0; i < G_N_ELEMENTS (delays); i++)
    {
      g_autofree char *id = g_strdup_printf ("id%u", i);

      g_assert_cmpint (fail (f, "192.0.2.1", id), ==, delays[i]);
    }
  g_assert_cmpint (fail (f, "192.0.2.2", "id1"), ==, 0);
}

/* One ID from many addresses. */
static void
test_id (Fixture *f, gconstpointer data)
{
  for (guint i = 0; i < G_N_ELEMENTS (delays); i++)
    {
      g_autofree char *from = g_strdup_printf ("192.0.2.%u", i + 1);

      g_assert_cmpint (fail (f, from, "alice"), ==, delays[i]);
    }
  g_assert_cmpint (fail (f, "192.0.2.1", "bob"), ==, 0);
}

/* Whoever has one address of a /64 network has all of them; an IPv4 address is alone. */
static void
test_networks (Fixture *f, gconstpointer data)
{
  spend (f, "2001:db8:1:2::abcd");
  for (guint i = 0; i < 8; i++)
    {
      g_autofree char *from = g_strdup_printf ("2001:db8:1:2::%x", i * 7919 + 1), *id = g_strdup_printf ("id%u", i);

      fail (f, from, id);
    }
  g_assert_cmpint (ask (f, "2001:db8:1:2:ffff:ffff:ffff:ffff", "new"), ==, 30);
  g_assert_cmpint (ask (f, "2001:db8:1:3::1", "new"), ==, 0);
  for (guint i = 0; i < 8; i++)
    fail (f, "192.0.2.1", "other");
  g_assert_cmpint (ask (f, "192.0.2.2", "new"), ==, 0);
}

/* Time that has passed anyway is no further wait. */
static void
test_patience (Fixture *f, gconstpointer data)
{
  for (guint i = 0; i < 5; i++)
    fail (f, "192.0.2.1", "alice");
  g_assert_cmpint (ask (f, "192.0.2.1", "alice"), ==, 4);
  now += 3 * SECOND;
  g_assert_cmpint (ask (f, "192.0.2.1", "alice"), ==, 1);
  now += SECOND;
  g_assert_cmpint (fail (f, "192.0.2.1", "alice"), ==, 0);
  g_assert_cmpint (ask (f, "192.0.2.1", "alice"), ==, 8);
}

/* Many at once, before any of them has been looked at, wait one after the other. What would be too late is not reserved, and costs nothing. */
static void
test_at_once (Fixture *f, gconstpointer data)
{
  struct in6_addr address = make_address ("192.0.2.1");
  static const int starts[] = { 0, 0, 0, 0, 2, 6, 14 };

  for (guint i = 0; i < G_N_ELEMENTS (starts); i++)
    g_assert_cmpint (attempts_reserve (f->attempts, &address, "alice", now + 20 * SECOND), ==, now + starts[i] * SECOND);
  for (guint i = 0; i < 100; i++)
    g_assert_cmpint (attempts_reserve (f->attempts, &address, "alice", now + 20 * SECOND), ==, now + (14 + 16) * SECOND);
}

/* Whoever was only mistaken starts again from nothing. */
static void
test_success (Fixture *f, gconstpointer data)
{
  for (guint i = 0; i < 6; i++)
    fail (f, "192.0.2.1", "alice");
  g_assert_cmpint (succeed (f, "192.0.2.1", "alice"), ==, 8);
  spend (f, "192.0.2.1");
  for (guint i = 0; i < 5; i++)
    g_assert_cmpint (fail (f, "192.0.2.1", "alice"), ==, delays[i]);
}

/* From the same place as always nobody is slowed by what others do to the ID, however long they do it. */
static void
test_owner (Fixture *f, gconstpointer data)
{
  succeed (f, "192.0.2.1", "alice");
  for (guint i = 0; i < 50; i++)
    {
      g_autofree char *from = g_strdup_printf ("198.51.100.%u", i % 5);

      fail (f, from, "alice");
    }
  g_assert_cmpint (ask (f, "203.0.113.1", "alice"), ==, 30);
  g_assert_cmpint (succeed (f, "192.0.2.1", "alice"), ==, 0);
  g_assert_cmpint (ask (f, "203.0.113.1", "alice"), ==, 30); /* that was no help for the others */
  spend (f, "192.0.2.1");
  for (guint i = 0; i < 5; i++)
    g_assert_cmpint (fail (f, "192.0.2.1", "alice"), ==, delays[i]); /* but it may fail no more often than any address */
}

/* An attacker with an ID of his own makes nothing forgotten by proving that. */
static void
test_own_id (Fixture *f, gconstpointer data)
{
  spend (f, "192.0.2.1");
  for (guint i = 0; i < G_N_ELEMENTS (delays); i++)
    {
      g_assert_cmpint (fail (f, "192.0.2.1", "alice"), ==, delays[i]);
      if (i > 0 && i < 4)
        succeed (f, "192.0.2.1", "mallory");
    }
  g_assert_cmpint (ask (f, "192.0.2.1", "mallory"), ==, 30);
  g_assert_cmpint (ask (f, "192.0.2.1", "alice"), ==, 30);
}

/* After ten minutes half as much counts. */
static void
test_ageing (Fixture *f, gconstpointer data)
{
  for (guint i = 0; i < 8; i++)
    fail (f, "192.0.2.1", "alice");
  now += ATTEMPTS_HALF_LIFE_US;
  g_assert_cmpint (fail (f, "192.0.2.1", "alice"), ==, 0);
  g_assert_cmpint (ask (f, "192.0.2.1", "alice"), ==, 4); /* eight were four, and one */
  now += 5 * ATTEMPTS_HALF_LIFE_US;
  for (guint i = 0; i < 5; i++)
    g_assert_cmpint (fail (f, "192.0.2.1", "alice"), ==, delays[i]);
}

/* However many attack from wherever, with whatever names, no more is remembered; the newest is. */
static void
test_bounded (Fixture *f, gconstpointer data)
{
  for (guint i = 0; i < ATTEMPTS_ENTRIES_MAX * 2; i++)
    {
      g_autofree char *from = g_strdup_printf ("2001:db8:%x:%x::1", i >> 16, i & 0xffff), *id = g_strdup_printf ("id%u", i);

      fail (f, from, id);
    }
  g_assert_cmpuint (attempts_count_entries (f->attempts), ==, 2 * ATTEMPTS_ENTRIES_MAX);
  spend (f, "2001:db8:1:ffff::1");
  for (guint i = 0; i < 3; i++)
    fail (f, "2001:db8:1:ffff::1", "more");
  g_assert_cmpint (ask (f, "2001:db8:1:ffff::1", "even-more"), ==, 2);
  g_assert_cmpint (ask (f, "2001:db8:0:0::1", "even-more"), ==, 0);
}

/* Those who only come and go leave nothing behind but where they came from. */
static void
test_nothing_left (Fixture *f, gconstpointer data)
{
  for (guint i = 0; i < 1000; i++)
    {
      g_autofree char *from = g_strdup_printf ("2001:db8:0:%x::1", i);

      g_assert_cmpint (succeed (f, from, "alice"), ==, 0);
    }
  g_assert_cmpuint (attempts_count_entries (f->attempts), ==, 1);
}

#define ADD(path, func) g_test_add (path, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("/attempts/growing", test_growing);
  ADD ("/attempts/address", test_address);
  ADD ("/attempts/id", test_id);
  ADD ("/attempts/networks", test_networks);
  ADD ("/attempts/patience", test_patience);
  ADD ("/attempts/at-once", test_at_once);
  ADD ("/attempts/success", test_success);
  ADD ("/attempts/owner", test_owner);
  ADD ("/attempts/own-id", test_own_id);
  ADD ("/attempts/ageing", test_ageing);
  ADD ("/attempts/bounded", test_bounded);
  ADD ("/attempts/nothing-left", test_nothing_left);

  return g_test_run ();
}
