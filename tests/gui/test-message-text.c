/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What rows are made of, without a widget: links, emoji, times, groups, and the end of a list. */
#include <locale.h>
#include <string.h>

#include <glib.h>

#include "ui/grouping.h"
#include "ui/rich-text.h"
#include "ui/tail-model.h"
#include "ui/timestamp.h"

#define HOUR ((gint64) 3600 * 1000)

static void
test_links (void)
{
  static const struct
  {
    const char *text;
    const char *markup; /* NULL: no link */
  } cases[] = {
    { "plain words", NULL },
    { "", NULL },
    { "<b>&</b>", NULL },
    { "http://", NULL },
    { "see http://.", NULL },
    { "ftp://example.org javascript:alert(1) file:///etc/passwd data:text/html,x", NULL },
    { "xhttp://example.org", NULL },
    { "http://a.org", "<a href=\"http://a.org\">http://a.org</a>" },
    { "HTTPS://A.org", "<a href=\"HTTPS://A.org\">HTTPS://A.org</a>" },
    { "a <b> http://a.org/?x=1&y=\"2\" & c",
      "a &lt;b&gt; <a href=\"http://a.org/?x=1&amp;y=\">http://a.org/?x=1&amp;y=</a>&quot;2&quot; &amp; c" },
    { "go to http://a.org/x. Now", "go to <a href=\"http://a.org/x\">http://a.org/x</a>. Now" },
    { "(http://a.org/x)", "(<a href=\"http://a.org/x\">http://a.org/x</a>)" },
    { "http://a.org/x_(y)", "<a href=\"http://a.org/x_(y)\">http://a.org/x_(y)</a>" },
    { "mailto:bob@a.org!", "<a href=\"mailto:bob@a.org\">mailto:bob@a.org</a>!" },
    { "webchat:bob", "<a href=\"webchat:bob\">webchat:bob</a>" },
    { "http://a.org\nhttp://b.org", "<a href=\"http://a.org\">http://a.org</a>\n<a href=\"http://b.org\">http://b.org</a>" },
    { "http://a.org/\xe2\x80\xaegpj.exe", "<a href=\"http://a.org/\">http://a.org/</a>\xe2\x80\xaegpj.exe" },
    { "http://ü.org/日本", "<a href=\"http://ü.org/日本\">http://ü.org/日本</a>" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *markup = ui_rich_text_markup (cases[i].text);

      g_assert_cmpstr (markup, ==, cases[i].markup);
    }
  g_autofree char *first = ui_rich_text_first_link ("one (mailto:a@b.c) http://d.e");
  g_assert_cmpstr (first, ==, "mailto:a@b.c");
  g_assert_null (ui_rich_text_first_link ("none"));
}

/* However hard the text tries, it is read once. */
static void
test_links_in_linear_time (void)
{
  static const char *const parts[] = { "http://", "mailto:)", "(((", "http://a.", "webchat:\n" };

  for (gsize i = 0; i < G_N_ELEMENTS (parts); i++)
    {
      g_autoptr (GString) text = g_string_new (NULL);
      gint64 start = g_get_monotonic_time ();

      while (text->len < 1000000)
        g_string_append (text, parts[i]);
      g_autofree char *markup = ui_rich_text_markup (text->str);
      g_assert_cmpint (g_get_monotonic_time () - start, <, 30 * G_USEC_PER_SEC); /* it takes milliseconds; quadratic, it took hours */
    }
}

static void
test_emoji (void)
{
  static const char *const yes[] = { "👍", "👍🎉", "👍🏽", "👩‍👩‍👧‍👦", "❤️", "🇫🇷", "🇫🇷🇩🇪", "👩‍🚀👍🏽🎉" };
  static const char *const no[] = { "", "a", "👍 ", "👍a", "1", "👍🎉👍🎉", "\xef\xb8\x8f", "ok 👍" };

  for (gsize i = 0; i < G_N_ELEMENTS (yes); i++)
    g_assert_true (ui_rich_text_is_emoji (yes[i]));
  for (gsize i = 0; i < G_N_ELEMENTS (no); i++)
    g_assert_false (ui_rich_text_is_emoji (no[i]));
}

static void
test_times (void)
{
  gint64 noon = G_GINT64_CONSTANT (1795435200000); /* 2026-11-23 12:00:00 UTC, a Monday */
  g_autofree char *clock = ui_time_of_day (noon + 5 * 60000);
  g_autofree char *today = ui_day_name (noon - 11 * HOUR, noon);
  g_autofree char *yesterday = ui_day_name (noon - 13 * HOUR, noon);
  g_autofree char *this_year = ui_day_name (noon - 3 * 24 * HOUR, noon);
  g_autofree char *last_year = ui_day_name (noon - 365 * 24 * HOUR, noon);

  g_assert_cmpstr (clock, ==, "12:05");
  g_assert_cmpstr (today, ==, "Today");
  g_assert_cmpstr (yesterday, ==, "Yesterday");
  g_assert_cmpstr (this_year, ==, "Friday, 20 November");
  g_assert_cmpstr (last_year, ==, "Sunday, 23 November 2025");
  g_assert_null (ui_time_of_day (0));
  g_assert_null (ui_day_name (0, noon));
  g_assert_true (ui_same_day (noon, noon + 11 * HOUR));
  g_assert_false (ui_same_day (noon, noon + 12 * HOUR));
  g_assert_false (ui_same_day (0, 0));
}

static WcEntry *
said (const char *from, gint64 time)
{
  return wc_entry_new_message (from, FALSE, "text", 0, time, WC_DELIVERY_NONE);
}

static void
test_groups (void)
{
  gint64 noon = G_GINT64_CONSTANT (1795435200000);
  g_autoptr (WcEntry) first = said ("bob", noon);
  g_autoptr (WcEntry) soon = said ("bob", noon + UI_GROUP_MS);
  g_autoptr (WcEntry) later = said ("bob", noon + 2 * UI_GROUP_MS + 1);
  g_autoptr (WcEntry) other = said ("alice", noon + 2 * UI_GROUP_MS + 2);
  g_autoptr (WcEntry) event = wc_entry_new_event (WC_EVENT_ENDED_BY_ME, noon + 1);
  g_autoptr (WcEntry) night = said ("bob", noon + 12 * HOUR - 1);
  g_autoptr (WcEntry) morning = said ("bob", noon + 12 * HOUR);
  g_autoptr (WcEntry) timeless = said ("bob", 0);
  g_autoptr (GListStore) store = g_list_store_new (WC_TYPE_ENTRY);

  g_assert_cmpint (ui_group_flags (NULL, first, soon), ==, UI_GROUP_FIRST | UI_GROUP_NEW_DAY);
  g_assert_cmpint (ui_group_flags (first, soon, later), ==, UI_GROUP_LAST);
  g_assert_cmpint (ui_group_flags (soon, later, other), ==, UI_GROUP_FIRST | UI_GROUP_LAST);
  g_assert_cmpint (ui_group_flags (later, other, NULL), ==, UI_GROUP_FIRST | UI_GROUP_LAST | UI_GROUP_NEWEST);
  g_assert_cmpint (ui_group_flags (first, event, soon), ==, UI_GROUP_FIRST | UI_GROUP_LAST);
  g_assert_cmpint (ui_group_flags (event, soon, NULL), ==, UI_GROUP_FIRST | UI_GROUP_LAST | UI_GROUP_NEWEST);
  g_assert_cmpint (ui_group_flags (night, morning, timeless), ==, UI_GROUP_FIRST | UI_GROUP_LAST | UI_GROUP_NEW_DAY);
  g_assert_cmpint (ui_group_flags (timeless, timeless, timeless), ==, 0); /* a base server's history is one block a person */

  g_list_store_append (store, first);
  g_list_store_append (store, soon);
  g_assert_cmpint (ui_group_flags_at (G_LIST_MODEL (store), 0, FALSE), ==, UI_GROUP_FIRST | UI_GROUP_NEW_DAY);
  g_assert_cmpint (ui_group_flags_at (G_LIST_MODEL (store), 0, TRUE), ==, UI_GROUP_FIRST);
  g_assert_cmpint (ui_group_flags_at (G_LIST_MODEL (store), 1, TRUE), ==, UI_GROUP_LAST | UI_GROUP_NEWEST);
}

typedef struct
{
  guint n_items;
} Mirror;

/* What a list view relies on: that the changes told add up to the length. */
static void
mirror_cb (GListModel *model, guint position, guint removed, guint added, Mirror *mirror)
{
  g_assert_cmpuint (position + removed, <=, mirror->n_items);
  mirror->n_items += added - removed;
  g_assert_cmpuint (mirror->n_items, ==, g_list_model_get_n_items (model));
}

static void
assert_tail (UiTailModel *tail, GListStore *store)
{
  guint hidden = ui_tail_model_get_hidden (tail);
  guint n = g_list_model_get_n_items (G_LIST_MODEL (tail));

  g_assert_cmpuint (hidden + n, ==, g_list_model_get_n_items (G_LIST_MODEL (store)));
  for (guint i = 0; i < n; i++)
    {
      g_autoptr (GObject) shown = g_list_model_get_item (G_LIST_MODEL (tail), i);
      g_autoptr (GObject) real = g_list_model_get_item (G_LIST_MODEL (store), hidden + i);

      g_assert_true (shown == real);
    }
  g_assert_null (g_list_model_get_item (G_LIST_MODEL (tail), n));
}

static void
splice (GListStore *store, guint position, guint removed, guint added)
{
  g_autoptr (GPtrArray) entries = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < added; i++)
    g_ptr_array_add (entries, said ("bob", i + 1));
  g_list_store_splice (store, position, removed, entries->pdata, added);
}

static void
test_tail (void)
{
  g_autoptr (GListStore) store = g_list_store_new (WC_TYPE_ENTRY);
  UiTailModel *tail = ui_tail_model_new (G_LIST_MODEL (store), 10);
  Mirror mirror = { 0 };

  g_signal_connect (tail, "items-changed", G_CALLBACK (mirror_cb), &mirror);
  splice (store, 0, 0, 30);
  g_assert_cmpuint (ui_tail_model_get_hidden (tail), ==, 20);
  splice (store, 0, 0, 5); /* older ones: hidden */
  g_assert_cmpuint (ui_tail_model_get_hidden (tail), ==, 25);
  assert_tail (tail, store);
  splice (store, 35, 0, 1);
  g_assert_cmpuint (mirror.n_items, ==, 11);
  ui_tail_model_reveal (tail, 15);
  g_assert_cmpuint (ui_tail_model_get_hidden (tail), ==, 10);
  assert_tail (tail, store);
  splice (store, 5, 3, 0); /* among the hidden ones */
  g_assert_cmpuint (ui_tail_model_get_hidden (tail), ==, 7);
  splice (store, 5, 5, 1); /* across the edge */
  assert_tail (tail, store);
  ui_tail_model_reveal (tail, 100);
  g_assert_cmpuint (ui_tail_model_get_hidden (tail), ==, 0);
  splice (store, 0, 0, 4); /* also hidden when nothing else was */
  g_assert_cmpuint (ui_tail_model_get_hidden (tail), ==, 4);
  splice (store, 0, g_list_model_get_n_items (G_LIST_MODEL (store)), 50);
  g_assert_cmpuint (ui_tail_model_get_hidden (tail), ==, 40);
  ui_tail_model_restart (tail, 13);
  g_assert_cmpuint (mirror.n_items, ==, 37);
  assert_tail (tail, store);
  g_list_store_remove_all (store);
  g_assert_cmpuint (mirror.n_items, ==, 0);
  g_assert_finalize_object (tail);
}

int
main (int argc, char **argv)
{
  g_setenv ("TZ", "UTC", TRUE);
  setlocale (LC_ALL, "");
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/message-text/links", test_links);
  g_test_add_func ("/message-text/links-in-linear-time", test_links_in_linear_time);
  g_test_add_func ("/message-text/emoji", test_emoji);
  g_test_add_func ("/message-text/times", test_times);
  g_test_add_func ("/message-text/groups", test_groups);
  g_test_add_func ("/message-text/tail", test_tail);
  return g_test_run ();
}
