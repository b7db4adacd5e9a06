/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The server's dispatcher and connections, and some clients, whose dialogues the input is: one step a line. The store, the pool of workers and the clock are ours
 * (fake-store.c, fake-io.c), so that everything happens in one thread and in the order of the input.
 *
 * The first byte says how the server is configured. Then lines:
 *   a…h TEXT    device 0…7 (connected when it is not) sends the text and an LF
 *   A…H TEXT    the same without the LF; byte 0x1e stands for an LF
 *   0…7 c       device 0…7 closes its connection
 *       s       will send no more
 *       d, l    does not read any more; reads again
 *       f, p, q   sends AUTH as it must; RESPONSE with the right proof; with a wrong one
 *       i, j      sends INVITATION with the right token; with one that was right at first
 *       xNUMBER sends so many bytes
 *   +NUMBER     so many milliseconds pass
 *   !NUMBER     another ClientID-List is read
 *   $h, $g      nothing is stored or read any more; it is again, at once
 *   $c, $f      what waits is stored and read now; none of it can be
 *   $n, $y      there are no session numbers; there are again
 *   .           the server begins to stop
 * At the end every client is gone, and nothing may be left of them. With FUZZ_SHOW in the environment the dialogue goes to standard output. */
#include "fuzz.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dialogue.h"
#include "fake-io.h"
#include "identity/invitation-token.h"
#include "log.h"
#include "proof.h"
#include "shared/scram.h"

#define STEPS_MAX 400
#define ROUNDS_MAX 10000
#define TIME_STEP_MAX_MS 600000
#define END_US (20 * G_TIME_SPAN_MINUTE) /* every time-out of a connection is over then */

#define FIRST_BARE_REST ",r=abcdefghijklmnopqrstuvwx"

/* The first byte. */
enum
{
  AUTH_REQUIRED = 1,
  SMALL_QUEUES = 2,
  LOW_RATES = 4,
  FEW_PER_ADDRESS = 8,
  FEW_CONNECTIONS = 16,
  SHORT_TIMES = 32,
};

#define UNUSABLE "SCRAM-SHA-256$4096:c2FsdHNhbHQ=$QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=:QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE="

/* %s: the verifier of the key that the devices have. */
static const char *const list_texts[] = {
  "alice %1$s\nbob\ncarol\n" DIALOGUE_INVITED " " UNUSABLE "\n",
  "alice\nbob\ncarol\neve\n",
  "bob %1$s\ncarol %1$s\n" DIALOGUE_INVITED " %1$s\nalice\n",
  "carol\n",
};
static ClientList *lists[G_N_ELEMENTS (list_texts)];
static GBytes *secret;
static gboolean store_held;

/* In the place of what a server has besides */

/* An invitation was accepted. */
typedef struct
{
  char *id, *verifier, *expected;
  DirectoryChangedFunc func;
  gpointer user_data;
} Change;

static GQueue changes = G_QUEUE_INIT;

void
directory_set_verifier (Directory *self, const char *id, const char *verifier, const char *expected, DirectoryChangedFunc func, gpointer user_data)
{
  Change *change = g_new0 (Change, 1);

  change->id = g_strdup (id);
  change->verifier = g_strdup (verifier);
  change->expected = g_strdup (expected);
  change->func = func;
  change->user_data = user_data;
  g_queue_push_tail (&changes, change);
}

void
log_connection (const char *client_id, const char *address, const char *format, ...)
{
}

static GLogWriterOutput
log_cb (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data)
{
  if (level & (G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_ERROR | G_LOG_FLAG_FATAL))
    {
      g_log_writer_standard_streams (level, fields, n_fields, user_data);
      abort ();
    }
  return G_LOG_WRITER_HANDLED;
}

static ClientList *
list_from_text (const char *text)
{
  g_autoptr (GError) error = NULL;
  int fd = memfd_create ("list", MFD_CLOEXEC);
  g_autofree char *file = g_strdup_printf ("/proc/self/fd/%d", fd);
  ClientList *list;

  g_assert_cmpint (write (fd, text, strlen (text)), ==, (gssize) strlen (text));
  list = client_list_load (file, &error);
  g_assert_no_error (error);
  close (fd);
  return list;
}

static void
prepare_once (void)
{
  g_autofree char *verifier = proof_get_verifier ();

  if (secret != NULL)
    return;
  g_log_set_writer_func (log_cb, NULL, NULL);
  secret = g_bytes_new_static (DIALOGUE_SECRET, strlen (DIALOGUE_SECRET));
  for (guint i = 0; i < G_N_ELEMENTS (list_texts); i++)
    {
      g_auto (GStrv) parts = g_strsplit (list_texts[i], "%1$s", -1);
      g_autofree char *text = g_strjoinv (verifier, parts);

      lists[i] = list_from_text (text);
    }
}

/* The world */

static void
configure (Config *config, guint8 how)
{
  gboolean low = (how & LOW_RATES) != 0, brief = (how & SHORT_TIMES) != 0;

  *config = (Config){ .auth_required = (how & AUTH_REQUIRED) != 0 };
  config->idle_timeout = brief ? 5 : 900;
  config->login_timeout = brief ? 2 : 10;
  config->max_connections = how & FEW_CONNECTIONS ? 3 : 100;
  config->max_connections_per_address = how & FEW_PER_ADDRESS ? 2 : 0;
  config->messages_per_second = low ? 2 : 20;
  config->messages_burst = low ? 4 : 100;
  config->send_queue_bytes = how & SMALL_QUEUES ? 20000 : 1048576;
}

static void
set_list (World *world, ClientList *list)
{
  client_list_unref (world->list);
  world->list = client_list_ref (list);
  hub_set_client_list (world->hub, list);
}

static void
begin (World *world, guint8 how)
{
  fake_clock_reset ();
  store_held = FALSE;
  configure (&world->config, how);
  world->list = client_list_ref (lists[0]);
  world->hub = hub_new (&world->config, world->list, NULL);
  world->store = fake_store_new (hub_stored, world->hub);
  hub_set_identity (world->hub, secret, (Directory *) world); /* it is only handed to the function above */
  hub_set_store (world->hub, world->store);
  world->shared = (ConnectionShared){
    .pool = io_pool_new (1, &connection_io_funcs, NULL),
    .deadlines = deadlines_new (NULL, connection_deadline_func),
    .handler = &hub_connection_handler,
    .handler_data = world->hub,
    .send_queue_bytes = world->config.send_queue_bytes,
    .line_timeout = CONNECTION_LINE_TIMEOUT,
    .take_timeout = CONNECTION_TAKE_TIMEOUT,
    .backlog_max = how & SMALL_QUEUES ? 100000 : CONNECTION_BACKLOG_MAX,
  };
  for (guint i = 0; i < DEVICES; i++)
    device_init (&world->devices[i]);
}

/* What would be the main thread's. */
static gboolean
run_change (World *world)
{
  Change *change = g_queue_pop_head (&changes);
  g_autoptr (GError) error = NULL;
  const char *present;

  if (change == NULL)
    return FALSE;
  present = client_list_get_verifier (world->list, change->id);
  if (!client_list_contains (world->list, change->id) || g_strcmp0 (present, change->expected) != 0)
    error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_WRONG_ETAG, "it was changed");
  else
    {
      g_autoptr (GString) text = g_string_new (NULL);
      g_autoptr (ClientList) list = NULL;

      for (guint i = 0; i < client_list_get_size (world->list); i++)
        {
          const char *id = client_list_get_id (world->list, i);
          const char *verifier = g_str_equal (id, change->id) ? change->verifier : client_list_get_verifier (world->list, id);

          g_string_append_printf (text, "%s %s\n", id, verifier != NULL ? verifier : "");
        }
      list = list_from_text (text->str);
      set_list (world, list);
    }
  change->func (error, change->user_data);
  g_free (change->id);
  g_free (change->verifier);
  g_free (change->expected);
  g_free (change);
  return TRUE;
}

/* Everything that happens by itself, until nothing more does. */
static void
settle (World *world)
{
  gboolean busy = TRUE;

  for (guint round = 0; busy; round++)
    {
      g_assert_cmpuint (round, <, ROUNDS_MAX);
      busy = fake_io_run (world->shared.pool);
      if (!store_held)
        busy |= fake_store_run (world->store, FALSE);
      busy |= run_change (world);
      /* Nothing else makes anything come; but they may not have listened. */
      for (guint i = 0; (busy || round == 0) && i < DEVICES; i++)
        busy |= device_listen (&world->devices[i], world);
    }
}

static gint64
next_time (World *world)
{
  gint64 deadline = fake_deadlines_next (world->shared.deadlines), idle = g_source_get_ready_time (world->hub->idle_source);

  return deadline > 0 && (idle < 0 || deadline < idle) ? deadline : MAX (idle, 0);
}

/* As its context would. */
static void
run_source (GSource *source)
{
  GSourceFunc func = NULL;
  gpointer data = NULL;

  g_source_set_ready_time (source, -1);
  source->callback_funcs->get (source->callback_data, source, &func, &data);
  source->source_funcs->dispatch (source, func, data);
}

static void
pass_time (World *world, gint64 us)
{
  gint64 end = g_get_monotonic_time () + us, next;
  guint rounds = 0;

  while ((next = next_time (world)) > 0 && next <= end)
    {
      GSource *idle = world->hub->idle_source;

      g_assert_cmpuint (++rounds, <, ROUNDS_MAX);
      fake_clock_set (MAX (next, g_get_monotonic_time ()));
      fake_deadlines_run (world->shared.deadlines);
      if (g_source_get_ready_time (idle) >= 0 && g_source_get_ready_time (idle) <= g_get_monotonic_time ())
        {
          run_source (idle);
        }
      settle (world);
    }
  fake_clock_set (end);
}

static void
connect_device (World *world, Device *device, guint number)
{
  struct sockaddr_storage address = { .ss_family = AF_INET };
  int fds[2], size = 1;

  device_clear (device);
  device_init (device);
  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), ==, 0);
  if (world->config.send_queue_bytes < 65536)
    setsockopt (fds[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
  ((struct sockaddr_in *) &address)->sin_addr.s_addr = htonl (INADDR_LOOPBACK + number / 4);
  device->fd = fds[0];
  device->connection = connection_new (&world->shared, fds[1], &address);
  hub_admit (world->hub, connection_ref (device->connection));
}

/* Steps */

static void
note_hello (Device *device, const char *line, gsize len)
{
  const char *id = line + strlen ("HELLO "), *end = line + len;

  if (device->id != NULL || device->asked || len < strlen ("HELLO ") || memcmp (line, "HELLO ", strlen ("HELLO ")) != 0)
    return;
  while (id < end && *id == ' ')
    id++;
  g_free (device->claimed);
  device->claimed = g_strndup (id, strcspn (id, " \r\n\x1e"));
}

static void G_GNUC_PRINTF (2, 3)
say (Device *device, const char *format, ...)
{
  g_autofree char *line = NULL;
  va_list args;

  va_start (args, format);
  line = g_strdup_vprintf (format, args);
  va_end (args);
  device_send (device, line, strlen (line));
}

static void
note_proof (Device *device)
{
  g_free (device->proved);
  device->proved = g_strdup (device->claimed);
}

static void
say_first (Device *device)
{
  g_autofree char *first = g_strconcat ("n,,n=", device->claimed, FIRST_BARE_REST, NULL), *first64 = proof_encode (first);

  say (device, "AUTH " SCRAM_SHA_256 " %s\n", first64);
}

static void
say_proof (World *world, Device *device, gboolean right)
{
  g_autofree char *bare = g_strconcat ("n=", device->claimed, FIRST_BARE_REST, NULL), *challenge = NULL, *final = NULL, *final64 = NULL;

  if (device->challenge == NULL)
    return;
  challenge = proof_decode (device->challenge);
  final = proof_make (bare, challenge, "n,,", NULL);
  if (!right)
    final[strlen (final) - 5] ^= 1;
  final64 = proof_encode (final);
  say (device, "RESPONSE %s\n", final64);
  if (right)
    note_proof (device);
}

static void
say_invitation (World *world, Device *device, const char *made_for)
{
  const char *present = client_list_get_verifier (world->list, DIALOGUE_INVITED);
  g_autofree char *verifier = proof_get_verifier (), *token = NULL;

  token = invitation_token_new (secret, DIALOGUE_INVITED, made_for, g_get_real_time () / G_USEC_PER_SEC + 60);
  say (device, "INVITATION %s %s\n", token, verifier);
  if (g_strcmp0 (device->claimed, DIALOGUE_INVITED) == 0 && g_strcmp0 (present, made_for) == 0)
    note_proof (device);
}

static void
say_run (Device *device, guint64 len)
{
  g_autofree char *run = g_malloc (MIN (len, 70000) + 1);

  memset (run, 'x', MIN (len, 70000));
  device_send (device, run, MIN (len, 70000));
}

static void
act (World *world, Device *device, const char *step, gsize len)
{
  const char *present = client_list_get_verifier (world->list, DIALOGUE_INVITED);

  if (device->fd < 0 || len == 0)
    return;
  switch (step[0])
    {
    case 'c':
      close (device->fd);
      device->fd = -1;
      break;
    case 's':
      shutdown (device->fd, SHUT_WR);
      break;
    case 'd':
    case 'l':
      device->deaf = step[0] == 'd';
      device->was_deaf = TRUE;
      break;
    case 'f':
      if (device->claimed != NULL)
        say_first (device);
      break;
    case 'p':
    case 'q':
      if (device->claimed != NULL)
        say_proof (world, device, step[0] == 'p');
      break;
    case 'i':
    case 'j':
      say_invitation (world, device, step[0] == 'i' && present != NULL ? present : UNUSABLE);
      break;
    case 'x':
      say_run (device, g_ascii_strtoull (step + 1, NULL, 10));
      break;
    default:
      break;
    }
}

static void
speak (World *world, guint number, char *text, gsize len, gboolean with_lf)
{
  Device *device = &world->devices[number];

  if (device->fd < 0 || device->ended)
    connect_device (world, device, number);
  note_hello (device, text, len);
  if (!with_lf)
    for (gsize i = 0; i < len; i++)
      if (text[i] == '\x1e')
        text[i] = '\n';
  device_send (device, text, len);
  if (with_lf)
    device_send (device, "\n", 1);
}

static void
order_store (World *world, char what)
{
  if (what == 'h' || what == 'g')
    store_held = what == 'h';
  else if (what == 'c' || what == 'f')
    fake_store_run (world->store, what == 'f');
  else if (what == 'n' || what == 'y')
    fake_store_refuse_sessions (world->store, what == 'n');
}

/* The step is ended by NUL, which is not counted. */
static void
do_step (World *world, char *step, gsize len)
{
  char kind = step[0];

  if (kind >= 'a' && kind < 'a' + DEVICES)
    speak (world, kind - 'a', step + 1, len - 1, TRUE);
  else if (kind >= 'A' && kind < 'A' + DEVICES)
    speak (world, kind - 'A', step + 1, len - 1, FALSE);
  else if (kind >= '0' && kind < '0' + DEVICES)
    act (world, &world->devices[kind - '0'], step + 1, len - 1);
  else if (kind == '+')
    pass_time (world, (gint64) MIN (g_ascii_strtoull (step + 1, NULL, 10), TIME_STEP_MAX_MS) * 1000);
  else if (kind == '!')
    set_list (world, lists[g_ascii_strtoull (step + 1, NULL, 10) % G_N_ELEMENTS (lists)]);
  else if (kind == '$')
    order_store (world, step[1]);
  else if (kind == '.')
    hub_begin_shutdown (world->hub);
}

static void
end (World *world)
{
  store_held = FALSE;
  settle (world);
  for (guint i = 0; i < DEVICES; i++)
    if (world->devices[i].fd >= 0)
      {
        close (world->devices[i].fd);
        world->devices[i].fd = -1;
      }
  settle (world);
  pass_time (world, END_US);

  g_assert_cmpuint (fake_io_count (world->shared.pool), ==, 0);
  g_assert_cmpuint (world->hub->admitted.length, ==, 0);
  for (guint i = 0; i < DEVICES; i++)
    device_clear (&world->devices[i]);
  g_clear_pointer (&world->store, store_free);
  hub_set_store (world->hub, NULL);
  io_pool_free (world->shared.pool);
  deadlines_free (world->shared.deadlines);
  hub_free (world->hub);
  client_list_unref (world->list);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  World world = { 0 };
  const char *at = (const char *) data + 1, *stop = (const char *) data + size;

  if (size == 0)
    return 0;
  prepare_once ();
  begin (&world, data[0]);
  world.shown = g_getenv ("FUZZ_SHOW") != NULL;
  for (guint n = 0; at < stop && n < STEPS_MAX; n++)
    {
      const char *lf = memchr (at, '\n', (gsize) (stop - at));
      gsize len = (gsize) ((lf != NULL ? lf : stop) - at);
      g_autofree char *step = g_malloc (len + 1);

      memcpy (step, at, len);
      step[len] = '\0';
      if (world.shown)
        g_print ("> %s\n", step);
      if (len > 0)
        do_step (&world, step, len);
      settle (&world);
      at += len + 1;
    }
  end (&world);
  return 0;
}
