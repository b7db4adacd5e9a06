/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sample.h"

#include "client/client-private.h"
#include "client/conversation-private.h"
#include "client/entry-private.h"
#include "client/log-private.h"

#define MINUTE ((gint64) 60 * 1000)

static gint64
now (void)
{
  return g_get_real_time () / 1000;
}

Sample *
sample_new (const char *peer)
{
  Sample *sample = g_new0 (Sample, 1);

  sample->client = wc_client_new ();
  sample->conversation = wc_client_get_conversation (sample->client, peer);
  g_assert_nonnull (sample->conversation);
  sample->log = wc_conversation_get_log (sample->conversation);
  wc_log_set_range (sample->log, FALSE, TRUE);
  return sample;
}

void
sample_free (Sample *sample)
{
  g_clear_object (&sample->client);
  g_free (sample);
}

WcEntry *
sample_say (Sample *sample, gboolean own, const char *text, gint64 time, WcDelivery delivery)
{
  g_autoptr (WcEntry) entry = NULL;

  entry = wc_entry_new_message (own ? "alice" : wc_conversation_get_peer (sample->conversation), own, text, 0, time, delivery);
  wc_log_append (sample->log, entry);
  return entry; /* the log holds it */
}

WcEntry *
sample_event (Sample *sample, WcEvent event, gint64 time)
{
  g_autoptr (WcEntry) entry = wc_entry_new_event (event, time);

  wc_log_append (sample->log, entry);
  return entry;
}

WcEntry *
sample_receive (Sample *sample, const char *text)
{
  WcEntry *entry = sample_say (sample, FALSE, text, now (), WC_DELIVERY_NONE);

  wc_conversation_add_unread (sample->conversation);
  wc_client_emit_message (sample->client, sample->conversation, entry);
  return entry;
}

void
sample_fail (WcEntry *entry, const char *why)
{
  wc_entry_set_delivery (entry, WC_DELIVERY_FAILED, why);
}

void
sample_deliver (WcEntry *entry, WcDelivery delivery)
{
  wc_entry_set_delivery (entry, delivery, NULL);
}

void
sample_fill (Sample *sample)
{
  gint64 today = now () - 45 * MINUTE;
  gint64 yesterday = today - 24 * 60 * MINUTE;

  sample_event (sample, WC_EVENT_STARTED, yesterday);
  sample_say (sample, FALSE, "Good morning! Did you get the draft that I sent around last week?", yesterday + MINUTE, 0);
  sample_say (sample, FALSE, "It is the one about the harbour.", yesterday + MINUTE, 0);
  sample_say (sample, TRUE, "I did. Two remarks:\n1. the second page repeats the first\n2. who takes the pictures?",
              yesterday + 4 * MINUTE, WC_DELIVERY_READ);
  sample_say (sample, FALSE, "Ha, true. I will cut it down to what matters, and ask Юрий about the pictures: he has been there in October "
              "with the good camera and knows every corner of the place by now.", yesterday + 7 * MINUTE, 0);
  sample_event (sample, WC_EVENT_TIMED_OUT, yesterday + 30 * MINUTE);
  sample_event (sample, WC_EVENT_STARTED, today);
  sample_say (sample, FALSE, "hello there", today + MINUTE, 0);
  sample_say (sample, FALSE, "how is it going?", today + MINUTE, 0);
  sample_say (sample, TRUE, "fine, and you? The notes are at https://example.org/notes?year=2026&month=11 (short).", today + 3 * MINUTE,
              WC_DELIVERY_READ);
  sample_say (sample, FALSE, "שלום, מה שלומך היום?", today + 6 * MINUTE, 0);
  sample_say (sample, FALSE, "👍🎉", today + 6 * MINUTE, 0);
  sample_say (sample, TRUE, "Then 3 < 4 & <b>5</b> stays as it is.", today + 9 * MINUTE, WC_DELIVERY_DELIVERED);
  sample_say (sample, TRUE, "Lunch?", today + 12 * MINUTE, WC_DELIVERY_STORED);
  sample_say (sample, FALSE, "At one, the usual place.", today + 15 * MINUTE, 0);
  sample_fail (sample_say (sample, TRUE, "I bring the book along.", today + 20 * MINUTE, WC_DELIVERY_STORED), "The server refused it.");
  sample_say (sample, TRUE, "See you then", today + 21 * MINUTE, WC_DELIVERY_WAITING);
}

void
sample_add_page (WcLog *log, guint64 first_seq, guint n, gboolean before)
{
  g_autoptr (GPtrArray) entries = g_ptr_array_new_with_free_func (g_object_unref);
  gint64 newest = now ();

  for (guint i = 0; i < n; i++)
    {
      guint64 seq = first_seq + i;
      gboolean own = seq / 3 % 3 == 0;
      g_autofree char *text = sample_text ((guint) seq);

      g_ptr_array_add (entries, wc_entry_new_message (own ? "alice" : "Bob", own, text, seq,
                                                      newest - ((gint64) 1000000 - (gint64) seq) * 15 * MINUTE,
                                                      own ? WC_DELIVERY_DELIVERED : WC_DELIVERY_NONE));
    }
  wc_log_insert (log, before ? 0 : g_list_model_get_n_items (G_LIST_MODEL (log)), entries);
}

void
sample_set_state (WcLog *log, gboolean has_older, gboolean has_newer)
{
  log->loaded = TRUE;
  wc_log_set_range (log, has_older, !has_newer);
}

char *
sample_text (guint n)
{
  static const char *const words[] = { "harbour", "and", "the", "camera", "of", "Zażółć", "gęślą", "morning", "日本語", "🎉", "we",
                                       "https://example.org/a/long/path?with=query", "paper", "is", "to" };
  g_autoptr (GRand) random = g_rand_new_with_seed (n * 2654435761u + 1);
  GString *text = g_string_new (NULL);
  int length = g_rand_int_range (random, 1, g_rand_int_range (random, 3, 45));

  g_string_append_printf (text, "#%u", n);
  for (int i = 0; i < length; i++)
    g_string_append_printf (text, "%c%s", i % 17 == 16 ? '\n' : ' ',
                            words[g_rand_int_range (random, 0, (int) G_N_ELEMENTS (words))]);
  return g_string_free (text, FALSE);
}
