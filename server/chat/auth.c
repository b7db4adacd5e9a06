/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Proving who one is. */
#include "chat/hub-private.h"

static void
refuse (Peer *peer, const WireMessage *message)
{
  peer_send_error (peer, WIRE_NOT_ALLOWED, message->tags.id, "nobody asked for a proof");
}

void
handle_auth (Peer *peer, const WireMessage *message)
{
  refuse (peer, message);
}

void
handle_response (Peer *peer, const WireMessage *message)
{
  refuse (peer, message);
}

void
handle_invitation (Peer *peer, const WireMessage *message)
{
  refuse (peer, message);
}
