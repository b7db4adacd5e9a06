/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "admin/password.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <termios.h>
#include <unistd.h>

#include "shared/scram.h"

#define LINE_MAX_BYTES (SCRAM_PASSWORD_MAX + 3) /* a line end, and one more that is too long */

/* 5 bits each, and none looks like another. */
static const char letters[] = "abcdefghijkmnpqrstuvwxyz23456789";
G_STATIC_ASSERT (sizeof letters == 32 + 1);

#define GROUPS     4
#define GROUP_SIZE 5 /* letters; 100 bits in all */

void
password_free (char *password)
{
  if (password == NULL)
    return;
  explicit_bzero (password, strlen (password));
  g_free (password);
}

char *
password_generate (void)
{
  char password[GROUPS * (GROUP_SIZE + 1)], *end = password;
  guint8 random[GROUPS * GROUP_SIZE];
  char *copy;

  if (getrandom (random, sizeof random, 0) != sizeof random)
    g_error ("the system has no random numbers");
  for (guint i = 0; i < sizeof random; i++)
    {
      if (i > 0 && i % GROUP_SIZE == 0)
        *end++ = '-';
      *end++ = letters[random[i] % 32];
    }
  *end = '\0';
  copy = g_strdup (password);
  explicit_bzero (password, sizeof password);
  explicit_bzero (random, sizeof random);
  return copy;
}

/* What was read, as far as it can be a string. */
static char *
take (const char *bytes, gsize len, GError **error)
{
  if (len > 0 && bytes[len - 1] == '\n')
    len--;
  if (len > 0 && bytes[len - 1] == '\r')
    len--;
  if (memchr (bytes, '\0', len) == NULL)
    return g_strndup (bytes, len);
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "the password: there is a NUL byte in it");
  return NULL;
}

/* Like read(), but for signals that are blocked: these come while it waits, with signals as the mask, and at no other time. */
static gssize
read_some (char *bytes, gsize size, const sigset_t *signals)
{
  struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };

  if (signals != NULL && ppoll (&input, 1, NULL, signals) < 0)
    return -1;
  return read (STDIN_FILENO, bytes, size);
}

/* Up to the end, or with signals, on a terminal, to the end of the line. Without stdio: its buffers keep what went through them. */
static char *
read_bytes (const sigset_t *signals, GError **error)
{
  char bytes[LINE_MAX_BYTES];
  gboolean line = signals != NULL;
  gsize len = 0;
  gssize got = 1;
  char *password = NULL;

  while (len < sizeof bytes && (got = read_some (bytes + len, sizeof bytes - len, signals)) > 0)
    {
      len += (gsize) got;
      if (line && bytes[len - 1] == '\n')
        break;
    }
  if (got < 0)
    g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno), "the password: %s", g_strerror (errno));
  else if (got == 0 && len == 0 && line)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "the password: none was given");
  else
    password = take (bytes, len, error);
  explicit_bzero (bytes, sizeof bytes);
  return password;
}

static volatile sig_atomic_t caught;

static void
catch_cb (int signal_number)
{
  caught = signal_number;
}

static const int caught_signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP };

/* Reads a line that the terminal does not show. A signal ends that, and then does what it does, with the terminal as it was. */
static char *
ask (const char *question, GError **error)
{
  const struct sigaction catch = { .sa_handler = catch_cb };
  struct sigaction before[G_N_ELEMENTS (caught_signals)];
  struct termios shown, hidden;
  sigset_t blocked, mask;
  char *password;

  if (tcgetattr (STDIN_FILENO, &shown) < 0)
    {
      g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno), "the terminal: %s", g_strerror (errno));
      return NULL;
    }
  hidden = shown;
  hidden.c_lflag &= ~(tcflag_t) ECHO;
  hidden.c_lflag |= ECHONL | ICANON;
  caught = 0;
  sigemptyset (&blocked);
  for (guint i = 0; i < G_N_ELEMENTS (caught_signals); i++)
    {
      sigaddset (&blocked, caught_signals[i]);
      sigaction (caught_signals[i], &catch, &before[i]);
    }
  sigprocmask (SIG_BLOCK, &blocked, &mask);
  tcsetattr (STDIN_FILENO, TCSAFLUSH, &hidden);
  fputs (question, stderr);
  password = read_bytes (&mask, error);
  tcsetattr (STDIN_FILENO, TCSAFLUSH, &shown);
  for (guint i = 0; i < G_N_ELEMENTS (caught_signals); i++)
    sigaction (caught_signals[i], &before[i], NULL);
  sigprocmask (SIG_SETMASK, &mask, NULL);
  if (caught != 0)
    raise (caught);
  return password;
}

static char *
ask_twice (const char *client_id, GError **error)
{
  g_autofree char *question = g_strdup_printf ("Password for %s: ", client_id);
  char *first = ask (question, error), *second;
  gboolean same;

  /* What is wrong with it is said before it is asked for again. */
  if (first == NULL || !scram_password_check (first, error))
    {
      password_free (first);
      return NULL;
    }
  second = ask ("The same again: ", error);
  same = second != NULL && strcmp (first, second) == 0;
  if (second != NULL && !same)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "these are two different passwords");
  password_free (second);
  if (same)
    return first;
  password_free (first);
  return NULL;
}

char *
password_read (const char *client_id, gboolean from_stdin, GError **error)
{
  char *password;

  if (!from_stdin && isatty (STDIN_FILENO))
    return ask_twice (client_id, error);
  password = read_bytes (NULL, error);
  if (password == NULL || scram_password_check (password, error))
    return password;
  password_free (password);
  return NULL;
}
