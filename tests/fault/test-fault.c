/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Three people with five devices send to each other through a network that fails, to a server that is killed, from apps that are killed. Again and
 * again the weather clears, and everything that an app accepted must be everywhere, once, in the same order. FAULT_SECONDS says
 * for how long, FAULT_SEED with which chances; the seed is printed. FAULT_TLS=1: all of it over TLS, and everybody proves who they are each time. */
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include <glib/gstdio.h>

#include "tests/fault/ledger.h"
#include "tests/fault/proxy.h"
#include "tests/fault/robots.h"
#include "tests/util/deadline.h"
#include "tests/util/proof.h"
#include "tests/util/server.h"

#define SECONDS_DEFAULT 60
#define SECONDS_DEFAULT_TLS 20
#define PASSWORD "storm"
#define STORM_MIN_MS 1500
#define STORM_MAX_MS 6000
#define HEAL_FACTOR 6      /* times the usual patience, for all to be told all */
#define OPEN_MAX 12        /* messages that a device is told to send and has not accepted yet */
#define UNREAD_SURE 900    /* so many unread messages are counted right however long one was away */

static const char *const people[] = { "alice", "bob", "carol" };
static const struct
{
  const char *id, *name;
} devices[] = { { "alice", "alice-1" }, { "alice", "alice-2" }, { "bob", "bob-1" }, { "bob", "bob-2" }, { "carol", "carol-1" } };
#define N_ROBOTS G_N_ELEMENTS (devices)

/* What happens, and how long after the last time, in milliseconds on the average. */
typedef enum
{
  SEND,
  READ,
  KILL_ROBOT,
  END_ROBOT,
  KILL_SERVER,
  STOP_SERVER,
  CHANGE_WEATHER,
  CUT_ALL,
  N_EVENTS
} Event;

static const guint every_ms[N_EVENTS] = { 7, 60, 500, 2500, 1500, 4000, 400, 1500 };

typedef struct
{
  guint32 seed;
  GRand *random;
  TestServer *server;
  gboolean tls;
  FaultProxy *proxy;
  FaultLedger *ledger;
  char *folder;
  FaultRobot robots[N_ROBOTS];
  gint64 next[N_EVENTS];
  gint64 server_start; /* when it is to run again; 0: it runs */
  guint count[N_EVENTS];
  guint n_faults;
} Storm;

static guint
below (Storm *self, guint n)
{
  return (guint) g_rand_int_range (self->random, 0, (gint32) n);
}

/* Times */

static gint64
later (Storm *self, Event event)
{
  return g_get_monotonic_time () + 2 * (gint64) below (self, every_ms[event] * 1000);
}

static gboolean
wake_cb (gpointer data)
{
  return G_SOURCE_CONTINUE;
}

/* What was sent */

static const char *const equal_texts[] = { "ok", "\xf0\x9f\x91\x8d", "yes\nyes", "?" };
static const char *const marked_texts[] = {
  "%u",
  "number %u",
  "one line\nand another, \\n and \\\\ in it: %u",
  "\n\n  %u",
  "@id=x;seq=%u CHAT_MESSAGE bob hello",
  "\xf0\x9f\x91\xa8\xe2\x80\x8d\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa7 %u \xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d \xe4\xbd\xa0\xe5\xa5\xbd",
  "tab\there %u",
};

/* A few are long: up to what one message may be. */
static char *
make_text (Storm *self, guint number)
{
  guint kind = below (self, 100);
  g_autofree char *marked = NULL;
  GString *text;

  if (kind < 15)
    return g_strdup (equal_texts[below (self, G_N_ELEMENTS (equal_texts))]);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
  marked = g_strdup_printf (marked_texts[below (self, G_N_ELEMENTS (marked_texts))], number);
#pragma GCC diagnostic pop
  if (kind < 97)
    return g_steal_pointer (&marked);
  text = g_string_new (marked);
  for (guint i = 1 + below (self, 1000); i > 0; i--) /* so that it shows where a piece is missing */
    g_string_append_printf (text, " %07u", i);
  return g_string_free (text, FALSE);
}

static FaultRobot *
pick (Storm *self)
{
  return &self->robots[below (self, N_ROBOTS)];
}

static const char *
pick_peer (Storm *self, const char *id)
{
  const char *peer;

  do
    peer = people[below (self, G_N_ELEMENTS (people))];
  while (strcmp (peer, id) == 0);
  return peer;
}

static void
kill_robot (Storm *self, FaultRobot *robot, gboolean politely)
{
  if (robot->process == NULL)
    return;
  if (politely)
    fault_robot_end (robot);
  else
    fault_robot_kill (robot);
  robot->start_time = g_get_monotonic_time () + (below (self, 2) == 0 ? 0 : below (self, 400000));
}

static void
send_something (Storm *self)
{
  FaultRobot *robot = pick (self);
  const char *peer = pick_peer (self, robot->id);
  g_autofree char *text = NULL, *escaped = NULL;
  guint number;

  if (!robot->ready || robot->n_open >= OPEN_MAX)
    return;
  text = make_text (self, self->count[SEND]);
  number = fault_ledger_issue (self->ledger, robot->id, peer, text);
  escaped = g_strescape (text, NULL);
  fault_robot_order (robot, "send %s %u %s", peer, number, escaped);
  robot->n_open++;
  if (below (self, 150) == 0) /* right in the middle of it */
    {
      g_usleep (below (self, 3000));
      kill_robot (self, robot, FALSE);
    }
}

static void
read_something (Storm *self)
{
  FaultRobot *robot = pick (self);

  if (robot->ready)
    fault_robot_order (robot, "read %s", pick_peer (self, robot->id));
}

/* The server */

static void
stop_server (Storm *self, int signal_number)
{
  int status;

  if (self->server_start != 0)
    return;
  fault_proxy_set_server (self->proxy, 0);
  status = test_server_stop (self->server, signal_number);
  if (signal_number == SIGTERM && (!WIFEXITED (status) || WEXITSTATUS (status) != 0))
    test_fail ("the server ended with wait status 0x%x on SIGTERM", (guint) status);
  self->server_start = g_get_monotonic_time () + 1 + (below (self, 2) == 0 ? 0 : below (self, 500000));
}

static void
start_server (Storm *self)
{
  test_server_set (self->server, below (self, 2) == 0 ? "store.durability=full" : "store.durability=normal");
  test_server_start (self->server);
  fault_proxy_set_server (self->proxy, test_server_port (self->server, self->tls ? test_server_tls_listener (self->server) : 0));
  self->server_start = 0;
}

/* The network */

static guint
strength (Storm *self, guint most)
{
  return below (self, 3) == 0 ? below (self, most) : 0;
}

static void
change_weather (Storm *self)
{
  const FaultWeather weather = {
    .refuse = strength (self, 900),
    .cut = strength (self, 900),
    .stall = strength (self, 500),
    .tiny = strength (self, 700),
    .delay = strength (self, 700),
    .hole = strength (self, 300),
  };

  fault_proxy_set_weather (self->proxy, &weather);
}

/* A storm */

static void
happen (Storm *self, Event event)
{
  self->count[event]++;
  switch (event)
    {
    case SEND: send_something (self); break;
    case READ: read_something (self); break;
    case KILL_ROBOT: kill_robot (self, pick (self), FALSE); break;
    case END_ROBOT: kill_robot (self, pick (self), TRUE); break;
    case KILL_SERVER: stop_server (self, SIGKILL); break;
    case STOP_SERVER: stop_server (self, SIGTERM); break;
    case CHANGE_WEATHER: change_weather (self); break;
    case CUT_ALL: fault_proxy_cut_all (self->proxy); break;
    case N_EVENTS: break;
    }
}

static void
start_what_is_due (Storm *self, gint64 now)
{
  if (self->server_start != 0 && now >= self->server_start)
    start_server (self);
  for (guint i = 0; i < N_ROBOTS; i++)
    if (self->robots[i].process == NULL && now >= self->robots[i].start_time)
      fault_robot_start (&self->robots[i]);
}

static void
check_alive (Storm *self)
{
  for (guint i = 0; i < N_ROBOTS; i++)
    if (self->robots[i].process != NULL && self->robots[i].ended)
      fault_robot_end (&self->robots[i]); /* fails, and tells how it ended */
}

static void
rage (Storm *self, gint64 until)
{
  gint64 now;

  for (guint i = 0; i < N_EVENTS; i++)
    self->next[i] = later (self, i);
  while ((now = g_get_monotonic_time ()) < until)
    {
      for (guint i = 0; i < N_EVENTS; i++)
        if (now >= self->next[i])
          {
            happen (self, i);
            self->next[i] = later (self, i);
          }
      start_what_is_due (self, now);
      check_alive (self);
      g_main_context_iteration (NULL, TRUE);
    }
}

/* When it is over */

static void
clear_up (Storm *self)
{
  fault_proxy_set_weather (self->proxy, &fault_sunshine);
  start_what_is_due (self, G_MAXINT64);
}

/* What one device says of a conversation agrees with what another one of either side says. */
static gboolean
agree (FaultRobot *one, const FaultWith *with, FaultRobot *other, const FaultWith *others, char **why)
{
  gboolean same_side = strcmp (one->id, other->id) == 0;
  guint64 read = same_side ? others->read : others->peer_read;
  guint64 peer_read = same_side ? others->peer_read : others->read;

  if (with->last == others->last && with->read == read && with->peer_read == peer_read)
    return TRUE;
  *why = g_strdup_printf ("%s holds the conversation with %s up to %" G_GUINT64_FORMAT ", read up to %" G_GUINT64_FORMAT " and by the other side up to %" G_GUINT64_FORMAT
                          ", and %s says %" G_GUINT64_FORMAT ", %" G_GUINT64_FORMAT ", %" G_GUINT64_FORMAT,
                          one->name, with->peer, with->last, with->read, with->peer_read, other->name, others->last, read, peer_read);
  return FALSE;
}

/* All devices of both people say the same of a conversation. */
static gboolean
all_agree (Storm *self, const char *a, const char *b, char **why)
{
  FaultRobot *first = NULL;

  for (guint i = 0; i < N_ROBOTS; i++)
    {
      FaultRobot *robot = &self->robots[i];
      const char *peer = strcmp (robot->id, a) == 0 ? b : strcmp (robot->id, b) == 0 ? a : NULL;

      if (peer == NULL)
        continue;
      if (fault_robot_with (robot, peer) == NULL)
        {
          *why = g_strdup_printf ("%s has no conversation with %s", robot->name, peer);
          return FALSE;
        }
      first = first != NULL ? first : robot;
      if (!agree (robot, fault_robot_with (robot, peer), first, fault_robot_with (first, strcmp (first->id, robot->id) == 0 ? peer : robot->id), why))
        return FALSE;
    }
  return TRUE;
}

static gboolean
all_have_all (Storm *self, char **why)
{
  for (guint i = 0; i < N_ROBOTS; i++)
    fault_robot_ask (&self->robots[i], "state");
  for (guint i = 0; i < N_ROBOTS; i++)
    if (!self->robots[i].online || self->robots[i].n_sending > 0 || self->robots[i].n_open > 0)
      {
        *why = g_strdup_printf ("%s is %s and has %u messages to send", self->robots[i].name, self->robots[i].online ? "online" : "offline",
                                self->robots[i].n_sending + self->robots[i].n_open);
        return FALSE;
      }
  return all_agree (self, "alice", "bob", why) && all_agree (self, "alice", "carol", why) && all_agree (self, "bob", "carol", why);
}

static void
wait_until_all_have_all (Storm *self)
{
  gint64 deadline = g_get_monotonic_time () + HEAL_FACTOR * test_patience ();
  g_autofree char *why = NULL;

  while (!all_have_all (self, &why))
    {
      if (g_get_monotonic_time () >= deadline)
        test_fail ("the weather is fine, but %s (FAULT_SEED=%u)", why, self->seed);
      g_clear_pointer (&why, g_free);
      check_alive (self);
      g_main_context_iteration (NULL, TRUE);
    }
}

/* Each device's marks, before the server is stopped: what it says must be what the server has, too. */
typedef struct
{
  guint64 read[N_ROBOTS][G_N_ELEMENTS (people)];
  guint unread[N_ROBOTS][G_N_ELEMENTS (people)];
  GPtrArray *rows[N_ROBOTS][G_N_ELEMENTS (people)];
} Heard;

static void
hear_all (Storm *self, Heard *heard)
{
  for (guint i = 0; i < N_ROBOTS; i++)
    for (guint p = 0; p < G_N_ELEMENTS (people); p++)
      {
        const FaultWith *with = fault_robot_with (&self->robots[i], people[p]);

        heard->read[i][p] = with != NULL ? with->read : 0;
        heard->unread[i][p] = with != NULL ? with->unread : 0;
      }
  for (guint i = 0; i < N_ROBOTS; i++)
    for (guint p = 0; p < G_N_ELEMENTS (people); p++)
      if (strcmp (self->robots[i].id, people[p]) != 0)
        {
          fault_robot_ask (&self->robots[i], "all %s", people[p]);
          heard->rows[i][p] = g_ptr_array_copy (self->robots[i].rows, NULL, NULL);
          g_ptr_array_set_free_func (self->robots[i].rows, NULL);
          g_ptr_array_set_size (self->robots[i].rows, 0);
          g_ptr_array_set_free_func (self->robots[i].rows, fault_row_free);
          g_ptr_array_set_free_func (heard->rows[i][p], fault_row_free);
        }
}

static void
heard_clear (Heard *heard)
{
  for (guint i = 0; i < N_ROBOTS; i++)
    for (guint p = 0; p < G_N_ELEMENTS (people); p++)
      g_clear_pointer (&heard->rows[i][p], g_ptr_array_unref);
}

static guint
count_unread (GPtrArray *rows, const char *peer, guint64 read)
{
  guint n = 0;

  for (guint i = 0; i < rows->len; i++)
    n += ((FaultRow *) rows->pdata[i])->seq > read && strcmp (((FaultRow *) rows->pdata[i])->from, peer) == 0;
  return n;
}

static void
check_holder (Storm *self, Heard *heard, guint i, guint p, GPtrArray *stored, const char *data)
{
  FaultRobot *robot = &self->robots[i];
  guint64 mark = fault_read_store_mark (data, robot->id, people[p]);
  guint unread = count_unread (stored, people[p], mark);

  self->n_faults += fault_compare_rows (robot->name, people[p], heard->rows[i][p], stored);
  if (heard->read[i][p] != mark)
    {
      self->n_faults++;
      g_printerr ("# FAULT: %s has read %" G_GUINT64_FORMAT " of the conversation with %s, the server says %" G_GUINT64_FORMAT "\n", robot->name,
                  heard->read[i][p], people[p], mark);
    }
  if (unread <= UNREAD_SURE && heard->unread[i][p] != unread)
    {
      self->n_faults++;
      g_printerr ("# FAULT: %s counts %u unread messages from %s, but there are %u\n", robot->name, heard->unread[i][p], people[p], unread);
    }
}

/* What the devices have on disk, once they have ended. */
static void
check_caches (Storm *self, guint a, guint b, GPtrArray *stored)
{
  for (guint i = 0; i < N_ROBOTS; i++)
    {
      FaultRobot *robot = &self->robots[i];
      const char *peer = strcmp (robot->id, people[a]) == 0 ? people[b] : strcmp (robot->id, people[b]) == 0 ? people[a] : NULL;
      g_autofree char *holder = g_strconcat ("the disk of ", robot->name, NULL);

      if (peer == NULL)
        continue;
      fault_robot_read_cache (robot, peer);
      self->n_faults += fault_compare_rows (holder, peer, robot->rows, stored);
      if (robot->n_sending > 0)
        {
          self->n_faults++;
          g_printerr ("# FAULT: %s still has %u messages to send\n", holder, robot->n_sending);
        }
    }
}

/* The server's word, by its files; and all devices beside it. */
static void
check_all (Storm *self)
{
  Heard heard = { 0 };
  g_autofree char *data = test_server_path (self->server, "data");

  wait_until_all_have_all (self);
  hear_all (self, &heard);
  stop_server (self, SIGTERM);
  for (guint i = 0; i < N_ROBOTS; i++)
    kill_robot (self, &self->robots[i], TRUE);
  for (guint a = 0; a < G_N_ELEMENTS (people); a++)
    for (guint b = a + 1; b < G_N_ELEMENTS (people); b++)
      {
        g_autoptr (GPtrArray) stored = fault_read_store (data, people[a], people[b]);

        self->n_faults += fault_ledger_check (self->ledger, people[a], people[b], stored);
        for (guint i = 0; i < N_ROBOTS; i++)
          if (strcmp (self->robots[i].id, people[a]) == 0)
            check_holder (self, &heard, i, b, stored, data);
          else if (strcmp (self->robots[i].id, people[b]) == 0)
            check_holder (self, &heard, i, a, stored, data);
        check_caches (self, a, b, stored);
      }
  heard_clear (&heard);
  if (self->n_faults > 0)
    test_fail ("%u faults (FAULT_SEED=%u)", self->n_faults, self->seed);
}

/* From the beginning to the end */

static guint
environment_number (const char *name, guint otherwise)
{
  const char *value = g_getenv (name);

  return value != NULL && value[0] != '\0' ? (guint) g_ascii_strtoull (value, NULL, 10) : otherwise;
}

static char *
make_list (gboolean with_passwords)
{
  GString *list = g_string_new (NULL);

  for (guint i = 0; i < G_N_ELEMENTS (people); i++)
    {
      g_autofree char *verifier = with_passwords ? test_verifier (PASSWORD) : NULL;

      g_string_append_printf (list, "%s %s\n", people[i], with_passwords ? verifier : "");
    }
  return g_string_free (list, FALSE);
}

/* Once it has started, and made its certificate: whom the robots are to trust, and how they prove who they are. */
static void
make_safe (Storm *self)
{
  g_autofree char *path = test_server_path (self->server, "data/tls-certificate.pem"), *fingerprint = NULL;
  g_autoptr (GTlsCertificate) certificate = NULL;
  g_autoptr (GByteArray) der = NULL;
  GError *error = NULL;

  certificate = g_tls_certificate_new_from_file (path, &error);
  g_assert_no_error (error);
  g_object_get (certificate, "certificate", &der, NULL);
  fingerprint = g_compute_checksum_for_data (G_CHECKSUM_SHA256, der->data, der->len);
  g_setenv ("WEBCHAT_ROBOT_PIN", fingerprint, TRUE);
  g_setenv ("WEBCHAT_ROBOT_PASSWORD", PASSWORD, TRUE);
}

static void
storm_init (Storm *self)
{
  g_autofree char *list = NULL;

  *self = (Storm){ .seed = environment_number ("FAULT_SEED", g_random_int ()) };
  g_printerr ("# FAULT_SEED=%u\n", self->seed);
  self->random = g_rand_new_with_seed (self->seed);
  self->ledger = fault_ledger_new ();
  self->folder = test_make_folder ();
  self->proxy = fault_proxy_new (self->seed ^ 0x5eed);
  self->tls = environment_number ("FAULT_TLS", 0) != 0;
  list = make_list (self->tls);
  self->server = test_server_prepare (list, NULL);
  if (self->tls)
    {
      test_server_set (self->server, "server.tls-listen=127.0.0.1:0");
      test_server_set (self->server, "auth.mode=required");
    }
  test_server_set (self->server, below (self, 2) == 0 ? "limits.messages-per-second=0" : "limits.messages-per-second=50");
  test_server_set (self->server, below (self, 2) == 0 ? "session.idle-timeout=900" : "session.idle-timeout=1");
  test_server_set (self->server, below (self, 2) == 0 ? "limits.send-queue-bytes=1048576" : "limits.send-queue-bytes=65536");
  for (guint i = 0; i < N_ROBOTS; i++)
    fault_robot_init (&self->robots[i], devices[i].id, devices[i].name, fault_proxy_get_port (self->proxy), self->folder, self->ledger);
  start_server (self);
  if (self->tls)
    make_safe (self);
}

static void
storm_clear (Storm *self)
{
  g_autofree char *told = NULL;

  for (guint i = 0; i < N_ROBOTS; i++)
    fault_robot_clear (&self->robots[i]);
  told = fault_proxy_end (self->proxy);
  g_test_message ("the network: %s", told);
  test_server_free (self->server);
  test_remove_folder (self->folder);
  fault_ledger_free (self->ledger);
  g_rand_free (self->random);
  g_free (self->folder);
}

static void
test_storm (void)
{
  guint seconds = environment_number ("FAULT_TLS", 0) != 0 ? SECONDS_DEFAULT_TLS : SECONDS_DEFAULT;
  gint64 end = g_get_monotonic_time () + environment_number ("FAULT_SECONDS", seconds) * G_USEC_PER_SEC;
  guint n_rounds = 0, n_runs = 0, n_failed = 0, source = g_timeout_add (2, wake_cb, NULL);
  Storm storm;

  storm_init (&storm);
  do
    {
      rage (&storm, g_get_monotonic_time () + (STORM_MIN_MS + below (&storm, STORM_MAX_MS - STORM_MIN_MS)) * 1000);
      clear_up (&storm);
      check_all (&storm);
      g_test_message ("round %u is good: %u messages", ++n_rounds, fault_ledger_count_kept (storm.ledger));
    }
  while (g_get_monotonic_time () < end);
  for (guint i = 0; i < N_ROBOTS; i++)
    {
      n_runs += storm.robots[i].n_runs;
      n_failed += storm.robots[i].n_failed;
    }
  g_test_message ("%u rounds, %u messages (%u of them tried again by hand), %u devices started; the server was killed %u and stopped %u times", n_rounds,
                  fault_ledger_count_kept (storm.ledger), n_failed, n_runs, storm.count[KILL_SERVER], storm.count[STOP_SERVER] + n_rounds);
  storm_clear (&storm);
  g_source_remove (source);
}

int
main (int argc, char **argv)
{
  signal (SIGPIPE, SIG_IGN);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/fault/storm", test_storm);
  return g_test_run ();
}
