/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every GUI test needs: a display or a reason to skip, and waiting by frames and conditions, never by time. */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* For main(): FALSE, with the TAP line for it printed, when there is no display; the test then returns 0. */
gboolean gui_test_init (int *argc, char ***argv);

typedef gboolean (*GuiCondition) (gpointer data);

/* Runs the main loop until the condition holds; fails the test when it does not within a generous time. */
void gui_wait_until (GuiCondition condition, gpointer data);

/* Until so many frames have been laid out and painted. */
void gui_wait_frames (GtkWidget *widget, guint n);

/* Presents a window of this size with a child, and waits for its first frame. */
GtkWindow *gui_open_window (GtkWidget *child, int width, int height);

/* Destroys it and lets what is pending end. */
void gui_close_window (GtkWindow *window);

/* The first descendant of a type (or the widget itself), or NULL. */
GtkWidget *gui_find (GtkWidget *root, GType type);

/* The descendant that a template calls by this id and that is a button, label …: by buildable id. */
GtkWidget *gui_find_id (GtkWidget *root, const char *id);

/* A visible button that reads, or is called, like this; NULL when there is none. */
GtkWidget *gui_find_button (GtkWidget *root, const char *name);

/* A mapped label with exactly this text; NULL when there is none. */
GtkWidget *gui_find_label (GtkWidget *root, const char *text);

/* Fails the test for every visible button, entry or text without an accessible name. */
void gui_assert_named (GtkWidget *root);

/* As if this key were pressed where the controller listens. TRUE when it was handled. */
gboolean gui_press (GtkWidget *widget, guint keyval, GdkModifierType state);

G_END_DECLS
