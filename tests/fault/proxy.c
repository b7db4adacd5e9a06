/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/fault/proxy.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#define HELD_MAX 65536 /* bytes under way in one direction; more is not read */
#define EARLY_MAX 6000 /* bytes after which something happens to a connection */
#define STALL_MAX_MS 2500
#define DELAY_MAX_MS 30
#define TINY_MAX 24
#define SOON_MS 1 /* between two tiny pieces */

const FaultWeather fault_sunshine = { 0 };

typedef struct _Link Link;

/* One direction of a connection. */
typedef struct
{
  Link *link;
  GSocket *from, *to;
  GByteArray *held;
  GSource *in;    /* from is read when there is something; NULL while there is no room, and after its end */
  GSource *out;   /* the next piece goes on: when there is room, or the time has come */
  gint64 not_before;
  gboolean ended;
  gboolean hole;  /* everything is swallowed */
  gssize until;   /* bytes until the link is cut or the hole opens; -1: never */
  gboolean tiny;
  guint delay_ms;
  guint stall_ms;
  gsize until_stall;
} Flow;

struct _Link
{
  FaultProxy *proxy;
  GSocket *client, *server;
  Flow flows[2];
  gboolean cut; /* what happens at "until" */
};

struct _FaultProxy
{
  guint16 port;
  GThread *thread;
  GMainContext *context;
  GMainLoop *loop;
  /* From here on the thread's. */
  GRand *random;
  GSocket *listener;
  GSource *accepting;
  GPtrArray *links;
  guint16 server_port;
  FaultWeather weather;
  guint n_links, n_refused, n_cut, n_stalls, n_holes, n_tiny;
  guint64 n_bytes;
};

static void flow_go_on (Flow *self);

static void
source_clear (GSource **source)
{
  if (*source == NULL)
    return;
  g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

static void
source_start (FaultProxy *self, GSource **at, GSource *source, GSourceFunc func, gpointer data)
{
  source_clear (at);
  *at = source;
  g_source_set_callback (source, func, data, NULL);
  g_source_attach (source, self->context);
}

static gboolean
by_chance (FaultProxy *self, guint permille)
{
  return (guint) g_rand_int_range (self->random, 0, 1000) < permille;
}

static guint
up_to (FaultProxy *self, guint most)
{
  return 1 + (guint) g_rand_int_range (self->random, 0, (gint32) most);
}

/* reset: as when a machine is gone; else the other side reads an end. */
static void
link_close (Link *self, gboolean reset)
{
  const struct linger linger = { .l_onoff = 1, .l_linger = 0 };
  FaultProxy *proxy = self->proxy;

  for (guint i = 0; i < 2; i++)
    {
      source_clear (&self->flows[i].in);
      source_clear (&self->flows[i].out);
      g_byte_array_unref (self->flows[i].held);
      if (reset)
        setsockopt (g_socket_get_fd (self->flows[i].from), SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    }
  g_object_unref (self->client);
  g_object_unref (self->server);
  g_ptr_array_remove_fast (proxy->links, self);
  g_free (self);
}

static gboolean
flow_in_cb (GSocket *socket, GIOCondition condition, gpointer data)
{
  Flow *self = data;
  g_autoptr (GError) error = NULL;
  char bytes[16384];
  gssize got;

  got = g_socket_receive (socket, bytes, sizeof bytes, NULL, &error);
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK) || (got > 0 && self->hole))
    return G_SOURCE_CONTINUE;
  if (got > 0)
    g_byte_array_append (self->held, (guint8 *) bytes, (guint) got);
  else
    self->ended = TRUE;
  if (self->ended || self->held->len >= HELD_MAX)
    source_clear (&self->in);
  if (self->ended && self->hole)
    link_close (self->link, FALSE); /* this side gave up; the other one must not wait for it for ever */
  else if (self->out == NULL)
    flow_go_on (self);
  return G_SOURCE_CONTINUE; /* source_clear() has ended it already, where it has */
}

static void
flow_read (Flow *self)
{
  if (self->in == NULL && !self->ended && self->held->len < HELD_MAX)
    source_start (self->link->proxy, &self->in, g_socket_create_source (self->from, G_IO_IN, NULL),
                  G_SOURCE_FUNC (flow_in_cb), self);
}

static gboolean
flow_timer_cb (gpointer data)
{
  Flow *self = data;

  source_clear (&self->out);
  flow_go_on (self);
  return G_SOURCE_REMOVE;
}

static gboolean
flow_out_cb (GSocket *socket, GIOCondition condition, gpointer data)
{
  return flow_timer_cb (data);
}

static void
flow_wait (Flow *self, guint ms)
{
  source_start (self->link->proxy, &self->out, g_timeout_source_new (ms), flow_timer_cb, self);
}

/* The bytes that may go now. */
static gsize
flow_piece (Flow *self)
{
  gsize tiny = up_to (self->link->proxy, TINY_MAX), n = self->held->len;

  if (self->tiny)
    n = MIN (n, tiny);
  if (self->until >= 0)
    n = MIN (n, (gsize) self->until);
  return n;
}

/* TRUE: the link is gone, or the flow is a hole from now on. */
static gboolean
flow_meets_its_fate (Flow *self)
{
  Link *link = self->link;
  FaultProxy *proxy = link->proxy;

  if (self->until != 0)
    return FALSE;
  if (link->cut)
    {
      proxy->n_cut++;
      link_close (link, g_rand_boolean (proxy->random));
    }
  else
    {
      proxy->n_holes++;
      self->hole = TRUE;
      self->until = -1;
      g_byte_array_set_size (self->held, 0);
      flow_read (self);
    }
  return TRUE;
}

static void
flow_end (Flow *self)
{
  Link *link = self->link;

  g_socket_shutdown (self->to, FALSE, TRUE, NULL);
  if (link->flows[0].ended && link->flows[1].ended && link->flows[0].held->len + link->flows[1].held->len == 0)
    link_close (link, FALSE);
}

/* After a piece: the time until the next one. */
static guint
flow_pause (Flow *self, gsize sent)
{
  FaultProxy *proxy = self->link->proxy;

  if (self->stall_ms > 0 && sent >= self->until_stall)
    {
      proxy->n_stalls++;
      self->until_stall = up_to (proxy, EARLY_MAX);
      return up_to (proxy, self->stall_ms);
    }
  self->until_stall -= MIN (sent, self->until_stall);
  if (self->delay_ms > 0)
    return up_to (proxy, self->delay_ms);
  return self->tiny ? SOON_MS : 0;
}

static void
flow_go_on (Flow *self)
{
  g_autoptr (GError) error = NULL;
  gsize piece;
  gssize sent;
  guint pause;

  while (self->held->len > 0)
    {
      if (flow_meets_its_fate (self))
        return;
      piece = flow_piece (self);
      sent = g_socket_send (self->to, (char *) self->held->data, piece, NULL, &error);
      if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
        {
          source_start (self->link->proxy, &self->out, g_socket_create_source (self->to, G_IO_OUT, NULL),
                        G_SOURCE_FUNC (flow_out_cb), self);
          return;
        }
      if (sent <= 0)
        {
          link_close (self->link, TRUE);
          return;
        }
      g_byte_array_remove_range (self->held, 0, (guint) sent);
      self->link->proxy->n_bytes += (guint64) sent;
      if (self->until > 0)
        self->until -= sent;
      pause = flow_pause (self, (gsize) sent);
      if (pause > 0)
        {
          flow_wait (self, pause);
          flow_read (self);
          return;
        }
    }
  if (self->ended)
    flow_end (self);
  else
    flow_read (self);
}

static void
flow_init (Flow *self, Link *link, GSocket *from, GSocket *to)
{
  FaultProxy *proxy = link->proxy;

  *self = (Flow){ .link = link, .from = from, .to = to, .held = g_byte_array_new (), .until = -1 };
  self->tiny = by_chance (proxy, proxy->weather.tiny);
  self->delay_ms = by_chance (proxy, proxy->weather.delay) ? DELAY_MAX_MS : 0;
  self->stall_ms = by_chance (proxy, proxy->weather.stall) ? STALL_MAX_MS : 0;
  self->until_stall = up_to (proxy, EARLY_MAX);
  proxy->n_tiny += self->tiny;
}

/* The socket to the server, or NULL: it does not run, or is not to be reached. */
static GSocket *
reach_server (FaultProxy *self)
{
  g_autoptr (GSocket) socket = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL);
  g_autoptr (GInetAddress) loopback = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new (loopback, self->server_port);

  if (self->server_port == 0 || by_chance (self, self->weather.refuse))
    return NULL;
  return g_socket_connect (socket, address, NULL, NULL) ? g_steal_pointer (&socket) : NULL;
}

static gboolean
accept_cb (GSocket *listener, GIOCondition condition, gpointer data)
{
  FaultProxy *self = data;
  g_autoptr (GSocket) client = g_socket_accept (listener, NULL, NULL);
  g_autoptr (GSocket) server = client != NULL ? reach_server (self) : NULL;
  Link *link;

  if (server == NULL)
    {
      self->n_refused++;
      return G_SOURCE_CONTINUE;
    }
  link = g_new0 (Link, 1);
  link->proxy = self;
  link->client = g_steal_pointer (&client);
  link->server = g_steal_pointer (&server);
  flow_init (&link->flows[0], link, link->client, link->server);
  flow_init (&link->flows[1], link, link->server, link->client);
  link->cut = by_chance (self, self->weather.cut);
  if (link->cut || by_chance (self, self->weather.hole))
    link->flows[g_rand_boolean (self->random)].until = (gssize) up_to (self, EARLY_MAX);
  for (guint i = 0; i < 2; i++)
    {
      g_socket_set_blocking (link->flows[i].from, FALSE);
      g_socket_set_option (link->flows[i].from, IPPROTO_TCP, TCP_NODELAY, TRUE, NULL);
    }
  g_ptr_array_add (self->links, link);
  self->n_links++;
  flow_read (&link->flows[0]);
  flow_read (&link->flows[1]);
  return G_SOURCE_CONTINUE;
}

/* Orders from the other thread. */
typedef struct
{
  FaultProxy *proxy;
  guint16 port;
  FaultWeather weather;
} Order;

static void
give (FaultProxy *self, GSourceFunc func, const Order *order)
{
  Order *copy = g_memdup2 (order, sizeof *order);

  copy->proxy = self;
  g_main_context_invoke_full (self->context, G_PRIORITY_HIGH, func, copy, g_free);
}

static gboolean
set_server_cb (gpointer data)
{
  Order *order = data;

  order->proxy->server_port = order->port;
  return G_SOURCE_REMOVE;
}

static void
flow_clear_up (Flow *self)
{
  self->tiny = FALSE;
  self->delay_ms = self->stall_ms = 0;
  self->until = -1;
  if (self->out != NULL)
    flow_wait (self, 0);
}

static gboolean
set_weather_cb (gpointer data)
{
  Order *order = data;
  FaultProxy *self = order->proxy;

  self->weather = order->weather;
  for (guint i = 0; i < self->links->len && memcmp (&self->weather, &fault_sunshine, sizeof self->weather) == 0; i++)
    {
      Link *link = self->links->pdata[i];

      flow_clear_up (&link->flows[0]);
      flow_clear_up (&link->flows[1]);
    }
  return G_SOURCE_REMOVE;
}

static gboolean
cut_all_cb (gpointer data)
{
  FaultProxy *self = ((Order *) data)->proxy;

  while (self->links->len > 0)
    {
      self->n_cut++;
      link_close (self->links->pdata[0], g_rand_boolean (self->random));
    }
  return G_SOURCE_REMOVE;
}

static gboolean
stop_cb (gpointer data)
{
  FaultProxy *self = ((Order *) data)->proxy;

  source_clear (&self->accepting);
  while (self->links->len > 0)
    link_close (self->links->pdata[0], TRUE);
  g_main_loop_quit (self->loop);
  return G_SOURCE_REMOVE;
}

static gpointer
run (gpointer data)
{
  FaultProxy *self = data;

  g_main_context_push_thread_default (self->context);
  g_main_loop_run (self->loop);
  g_main_context_pop_thread_default (self->context);
  return NULL;
}

FaultProxy *
fault_proxy_new (guint32 seed)
{
  FaultProxy *self = g_new0 (FaultProxy, 1);
  g_autoptr (GInetAddress) loopback = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) any = g_inet_socket_address_new (loopback, 0);
  g_autoptr (GSocketAddress) address = NULL;
  g_autoptr (GError) error = NULL;

  self->random = g_rand_new_with_seed (seed);
  self->links = g_ptr_array_new ();
  self->listener = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, &error);
  g_assert_no_error (error);
  g_socket_bind (self->listener, any, TRUE, &error);
  g_assert_no_error (error);
  g_socket_listen (self->listener, &error);
  g_assert_no_error (error);
  address = g_socket_get_local_address (self->listener, &error);
  g_assert_no_error (error);
  self->port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (address));

  self->context = g_main_context_new ();
  self->loop = g_main_loop_new (self->context, FALSE);
  source_start (self, &self->accepting, g_socket_create_source (self->listener, G_IO_IN, NULL), G_SOURCE_FUNC (accept_cb), self);
  self->thread = g_thread_new ("proxy", run, self);
  return self;
}

char *
fault_proxy_end (FaultProxy *self)
{
  char *told;

  give (self, stop_cb, &(Order){ 0 });
  g_thread_join (self->thread);
  told = g_strdup_printf ("%u connections (%u of them with a direction in tiny pieces), %u refused, %u cut, %u stalls, "
                          "%u swallowed, %" G_GUINT64_FORMAT " bytes passed on",
                          self->n_links, self->n_tiny, self->n_refused, self->n_cut, self->n_stalls, self->n_holes, self->n_bytes);
  g_object_unref (self->listener);
  g_ptr_array_unref (self->links);
  g_main_loop_unref (self->loop);
  g_main_context_unref (self->context);
  g_rand_free (self->random);
  g_free (self);
  return told;
}

guint16
fault_proxy_get_port (FaultProxy *self)
{
  return self->port;
}

void
fault_proxy_set_server (FaultProxy *self, guint16 port)
{
  give (self, set_server_cb, &(Order){ .port = port });
}

void
fault_proxy_set_weather (FaultProxy *self, const FaultWeather *weather)
{
  give (self, set_weather_cb, &(Order){ .weather = *weather });
}

void
fault_proxy_cut_all (FaultProxy *self)
{
  give (self, cut_all_cb, &(Order){ 0 });
}
