/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "log.h"

#include <stdio.h>
#include <string.h>

#define DOMAIN "webchat-server"

/* So many lines may wait while standard error does not take them; further ones are counted and left out. */
#define WAITING_MAX 8192

/* How long the end of the process may wait for whoever does not read standard error. */
#define FINISH_US (2 * G_TIME_SPAN_SECOND)

/* One thread writes, so that nobody who serves connections ever waits for a terminal, a pipe or the journal. */
static struct
{
  GThread *thread;
  GMutex lock;
  GCond wake;
  GQueue lines; /* of Line */
  guint left_out;
  gboolean finished; /* log_finish() was called */
  gboolean done;     /* the thread has written all */
} writer;

typedef struct
{
  GLogLevelFlags level;
  gsize n_fields;
  GLogField *fields; /* keys are static, values owned and ended by NUL */
} Line;

static Line *
line_new (GLogLevelFlags level, const GLogField *fields, gsize n_fields)
{
  Line *line = g_new (Line, 1);

  line->level = level;
  line->n_fields = n_fields;
  line->fields = g_memdup2 (fields, n_fields * sizeof *fields);
  for (gsize i = 0; i < n_fields; i++)
    {
      const char *value = fields[i].value;

      line->fields[i].value = fields[i].length < 0 ? g_strdup (value) : g_strndup (value, fields[i].length);
      line->fields[i].length = -1;
    }
  return line;
}

static void
line_write (Line *line)
{
  g_log_writer_default (line->level, line->fields, line->n_fields, NULL);
  for (gsize i = 0; i < line->n_fields; i++)
    g_free ((gpointer) line->fields[i].value);
  g_free (line->fields);
  g_free (line);
}

static void
report_left_out (guint left_out)
{
  g_autofree char *text = g_strdup_printf ("%u lines of the log were left out: nobody takes them fast enough", left_out);
  GLogField fields[] = { { "MESSAGE", text, -1 }, { "GLIB_DOMAIN", DOMAIN, -1 }, { "PRIORITY", "4", -1 } };

  g_log_writer_default (G_LOG_LEVEL_WARNING, fields, G_N_ELEMENTS (fields), NULL);
}

static gpointer
write_thread (gpointer data)
{
  g_mutex_lock (&writer.lock);
  for (;;)
    {
      Line *line = g_queue_pop_head (&writer.lines);
      guint left_out = writer.left_out;

      if (line == NULL && writer.finished)
        break;
      if (line == NULL)
        {
          g_cond_wait (&writer.wake, &writer.lock);
          continue;
        }
      writer.left_out = 0;
      g_mutex_unlock (&writer.lock);
      if (left_out > 0)
        report_left_out (left_out);
      line_write (line);
      g_mutex_lock (&writer.lock);
    }
  writer.done = TRUE;
  g_cond_broadcast (&writer.wake);
  g_mutex_unlock (&writer.lock);
  return NULL;
}

static GLogWriterOutput
writer_cb (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data)
{
  if (level & G_LOG_FLAG_FATAL || g_log_writer_default_would_drop (level, DOMAIN))
    return g_log_writer_default (level, fields, n_fields, NULL);

  g_mutex_lock (&writer.lock);
  if (writer.lines.length < WAITING_MAX)
    g_queue_push_tail (&writer.lines, line_new (level, fields, n_fields));
  else
    writer.left_out++;
  g_cond_broadcast (&writer.wake);
  g_mutex_unlock (&writer.lock);
  return G_LOG_WRITER_HANDLED;
}

void
log_init (void)
{
  g_log_writer_default_set_use_stderr (TRUE); /* standard output belongs to the lines that name the listeners */
  writer.thread = g_thread_new ("log", write_thread, NULL);
  g_log_set_writer_func (writer_cb, NULL, NULL);
}

void
log_finish (void)
{
  gint64 end = g_get_monotonic_time () + FINISH_US;
  gboolean done;

  g_mutex_lock (&writer.lock);
  writer.finished = TRUE;
  g_cond_broadcast (&writer.wake);
  while (!writer.done && g_cond_wait_until (&writer.wake, &writer.lock, end))
    ;
  done = writer.done;
  g_mutex_unlock (&writer.lock);
  if (done)
    g_thread_join (g_steal_pointer (&writer.thread));
}

void
log_connection (const char *client_id, const char *address, const char *format, ...)
{
  g_autofree char *what = NULL;
  va_list args;

  va_start (args, format);
  what = g_strdup_vprintf (format, args);
  va_end (args);

  if (client_id != NULL)
    g_log_structured (DOMAIN, G_LOG_LEVEL_MESSAGE, "CLIENT_ID", client_id, "CLIENT_ADDRESS", address,
                      "MESSAGE", "%s at %s: %s", client_id, address, what);
  else
    g_log_structured (DOMAIN, G_LOG_LEVEL_MESSAGE, "CLIENT_ADDRESS", address, "MESSAGE", "%s: %s", address, what);
}
