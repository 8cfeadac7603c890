// Written by `BLESS=1 cargo test -p rejoinder-wasm`, which fails when it is out of date.

import type { ConversationView, Freshness, Identity, InboxRow, Notification, Offer } from "./shapes.ts";

export const view: ConversationView = {
  "timeline": {
    "conversation": "07070707-0707-0707-0707-070707070707",
    "status": "active_ai",
    "closed": true,
    "assignee": null,
    "messages": [
      {
        "id": "07070707-0707-0707-0707-070707070707",
        "author": "07070707-0707-0707-0707-070707070707",
        "source": "agent",
        "composed_at": 1,
        "at": 2,
        "seq": 3,
        "words": {
          "said": {
            "text": "said",
            "attachments": [
              {
                "id": "07070707-0707-0707-0707-070707070707",
                "name": "a.png",
                "media_type": "image/png",
                "bytes": 5,
                "digest": [
                  1,
                  1,
                  1,
                  1,
                  1,
                  1,
                  1,
                  1,
                  1,
                  1,
                  1,
                  1,
                  1,
                  1,
                  1,
                  1,
                  1,
                  1,
                  1,
                  1,
                  1,
                  1,
                  1,
                  1,
                  1,
                  1,
                  1,
                  1,
                  1,
                  1,
                  1,
                  1
                ]
              }
            ]
          }
        },
        "edited_at": 4,
        "delivery": "sent",
        "change": "waiting"
      },
      {
        "id": "07070707-0707-0707-0707-070707070707",
        "author": "07070707-0707-0707-0707-070707070707",
        "source": "agent",
        "composed_at": 1,
        "at": 2,
        "seq": 3,
        "words": {
          "said": {
            "text": "plain"
          }
        },
        "edited_at": 4,
        "delivery": "seen",
        "change": "waiting"
      },
      {
        "id": "07070707-0707-0707-0707-070707070707",
        "author": "07070707-0707-0707-0707-070707070707",
        "source": "agent",
        "composed_at": 1,
        "at": 2,
        "seq": 3,
        "words": "absent",
        "edited_at": 4,
        "delivery": "waiting",
        "change": "waiting"
      },
      {
        "id": "07070707-0707-0707-0707-070707070707",
        "author": "07070707-0707-0707-0707-070707070707",
        "source": "agent",
        "composed_at": 1,
        "at": 2,
        "seq": 3,
        "words": "recalled",
        "edited_at": 4,
        "delivery": {
          "refused": {
            "operation": "07070707-0707-0707-0707-070707070707",
            "code": "not_yours"
          }
        },
        "change": "waiting"
      },
      {
        "id": "07070707-0707-0707-0707-070707070707",
        "author": "07070707-0707-0707-0707-070707070707",
        "source": "agent",
        "composed_at": 1,
        "at": 2,
        "seq": 3,
        "words": {
          "system": {
            "notice": "claimed",
            "subject": "07070707-0707-0707-0707-070707070707"
          }
        },
        "edited_at": 4,
        "delivery": {
          "collided": {
            "operation": "07070707-0707-0707-0707-070707070707"
          }
        },
        "change": "waiting"
      },
      {
        "id": "07070707-0707-0707-0707-070707070707",
        "author": "07070707-0707-0707-0707-070707070707",
        "source": "agent",
        "composed_at": 1,
        "at": null,
        "seq": null,
        "words": {
          "system": {
            "notice": "closed",
            "subject": null
          }
        },
        "edited_at": null,
        "delivery": "sent",
        "change": null
      }
    ],
    "seq": 6,
    "waiting": 1
  },
  "team": {
    "notes": [
      {
        "id": "07070707-0707-0707-0707-070707070707",
        "author": "07070707-0707-0707-0707-070707070707",
        "source": "agent",
        "composed_at": 1,
        "at": 2,
        "seq": 3,
        "words": {
          "said": {
            "text": "said",
            "attachments": [
              {
                "id": "07070707-0707-0707-0707-070707070707",
                "name": "a.png",
                "media_type": "image/png",
                "bytes": 5,
                "digest": [
                  1,
                  1,
                  1,
                  1,
                  1,
                  1,
                  1,
                  1,
                  1,
                  1,
                  1,
                  1,
                  1,
                  1,
                  1,
                  1,
                  1,
                  1,
                  1,
                  1,
                  1,
                  1,
                  1,
                  1,
                  1,
                  1,
                  1,
                  1,
                  1,
                  1,
                  1,
                  1
                ]
              }
            ]
          }
        },
        "edited_at": 4,
        "delivery": "sent",
        "change": "waiting"
      },
      {
        "id": "07070707-0707-0707-0707-070707070707",
        "author": "07070707-0707-0707-0707-070707070707",
        "source": "agent",
        "composed_at": 1,
        "at": 2,
        "seq": 3,
        "words": {
          "said": {
            "text": "plain"
          }
        },
        "edited_at": 4,
        "delivery": "seen",
        "change": "waiting"
      },
      {
        "id": "07070707-0707-0707-0707-070707070707",
        "author": "07070707-0707-0707-0707-070707070707",
        "source": "agent",
        "composed_at": 1,
        "at": 2,
        "seq": 3,
        "words": "absent",
        "edited_at": 4,
        "delivery": "waiting",
        "change": "waiting"
      },
      {
        "id": "07070707-0707-0707-0707-070707070707",
        "author": "07070707-0707-0707-0707-070707070707",
        "source": "agent",
        "composed_at": 1,
        "at": 2,
        "seq": 3,
        "words": "recalled",
        "edited_at": 4,
        "delivery": {
          "refused": {
            "operation": "07070707-0707-0707-0707-070707070707",
            "code": "not_yours"
          }
        },
        "change": "waiting"
      },
      {
        "id": "07070707-0707-0707-0707-070707070707",
        "author": "07070707-0707-0707-0707-070707070707",
        "source": "agent",
        "composed_at": 1,
        "at": 2,
        "seq": 3,
        "words": {
          "system": {
            "notice": "claimed",
            "subject": "07070707-0707-0707-0707-070707070707"
          }
        },
        "edited_at": 4,
        "delivery": {
          "collided": {
            "operation": "07070707-0707-0707-0707-070707070707"
          }
        },
        "change": "waiting"
      },
      {
        "id": "07070707-0707-0707-0707-070707070707",
        "author": "07070707-0707-0707-0707-070707070707",
        "source": "agent",
        "composed_at": 1,
        "at": null,
        "seq": null,
        "words": {
          "system": {
            "notice": "closed",
            "subject": null
          }
        },
        "edited_at": null,
        "delivery": "sent",
        "change": null
      }
    ],
    "priority": "low",
    "category": null,
    "collaborators": [
      "07070707-0707-0707-0707-070707070707"
    ],
    "waiting": 0
  },
  "freshness": {
    "as_of": 5
  },
  "drafts": [
    {
      "kind": "timeline",
      "message": null,
      "text": "typed"
    }
  ],
  "active": [
    {
      "participant": "07070707-0707-0707-0707-070707070707",
      "signal": "typing"
    },
    {
      "participant": "07070707-0707-0707-0707-070707070707",
      "signal": {
        "seen": 2
      }
    }
  ],
  "recalls": [
    {
      "document": {
        "conversation": "07070707-0707-0707-0707-070707070707",
        "kind": "timeline"
      },
      "message": "07070707-0707-0707-0707-070707070707",
      "server": true,
      "done": 1,
      "devices": 2,
      "longest_away": null
    }
  ],
  "outbox": [
    {
      "operation": "07070707-0707-0707-0707-070707070707",
      "kind": "team",
      "what": "edit",
      "message": "07070707-0707-0707-0707-070707070707",
      "delivery": "waiting"
    },
    {
      "operation": "07070707-0707-0707-0707-070707070707",
      "kind": "team",
      "what": "recall",
      "message": "07070707-0707-0707-0707-070707070707",
      "delivery": "waiting"
    },
    {
      "operation": "07070707-0707-0707-0707-070707070707",
      "kind": "team",
      "what": "status",
      "message": "07070707-0707-0707-0707-070707070707",
      "delivery": "waiting"
    },
    {
      "operation": "07070707-0707-0707-0707-070707070707",
      "kind": "team",
      "what": "assign",
      "message": "07070707-0707-0707-0707-070707070707",
      "delivery": "waiting"
    },
    {
      "operation": "07070707-0707-0707-0707-070707070707",
      "kind": "team",
      "what": "close",
      "message": "07070707-0707-0707-0707-070707070707",
      "delivery": "waiting"
    },
    {
      "operation": "07070707-0707-0707-0707-070707070707",
      "kind": "team",
      "what": "priority",
      "message": "07070707-0707-0707-0707-070707070707",
      "delivery": "waiting"
    },
    {
      "operation": "07070707-0707-0707-0707-070707070707",
      "kind": "team",
      "what": "category",
      "message": "07070707-0707-0707-0707-070707070707",
      "delivery": "waiting"
    }
  ],
  "unread": 1,
  "row": {
    "conversation": "07070707-0707-0707-0707-070707070707",
    "site": "07070707-0707-0707-0707-070707070707",
    "visitor": "07070707-0707-0707-0707-070707070707",
    "status": "active_human",
    "closed": false,
    "assignee": "07070707-0707-0707-0707-070707070707",
    "timeline": 9,
    "newest": {
      "message": "07070707-0707-0707-0707-070707070707",
      "kind": "visitor",
      "revision": "07070707-0707-0707-0707-070707070707"
    },
    "at": 3,
    "follows": "07070707-0707-0707-0707-070707070707",
    "team": {
      "seq": 1,
      "priority": "high",
      "category": "07070707-0707-0707-0707-070707070707",
      "collaborators": [
        "07070707-0707-0707-0707-070707070707"
      ]
    }
  }
};

export const viewOfAVisitor: ConversationView = {
  "timeline": {
    "conversation": "07070707-0707-0707-0707-070707070707",
    "status": "active_ai",
    "closed": true,
    "assignee": null,
    "messages": [
      {
        "id": "07070707-0707-0707-0707-070707070707",
        "author": "07070707-0707-0707-0707-070707070707",
        "source": "agent",
        "composed_at": 1,
        "at": 2,
        "seq": 3,
        "words": {
          "said": {
            "text": "said",
            "attachments": [
              {
                "id": "07070707-0707-0707-0707-070707070707",
                "name": "a.png",
                "media_type": "image/png",
                "bytes": 5,
                "digest": [
                  1,
                  1,
                  1,
                  1,
                  1,
                  1,
                  1,
                  1,
                  1,
                  1,
                  1,
                  1,
                  1,
                  1,
                  1,
                  1,
                  1,
                  1,
                  1,
                  1,
                  1,
                  1,
                  1,
                  1,
                  1,
                  1,
                  1,
                  1,
                  1,
                  1,
                  1,
                  1
                ]
              }
            ]
          }
        },
        "edited_at": 4,
        "delivery": "sent",
        "change": "waiting"
      },
      {
        "id": "07070707-0707-0707-0707-070707070707",
        "author": "07070707-0707-0707-0707-070707070707",
        "source": "agent",
        "composed_at": 1,
        "at": 2,
        "seq": 3,
        "words": {
          "said": {
            "text": "plain"
          }
        },
        "edited_at": 4,
        "delivery": "seen",
        "change": "waiting"
      },
      {
        "id": "07070707-0707-0707-0707-070707070707",
        "author": "07070707-0707-0707-0707-070707070707",
        "source": "agent",
        "composed_at": 1,
        "at": 2,
        "seq": 3,
        "words": "absent",
        "edited_at": 4,
        "delivery": "waiting",
        "change": "waiting"
      },
      {
        "id": "07070707-0707-0707-0707-070707070707",
        "author": "07070707-0707-0707-0707-070707070707",
        "source": "agent",
        "composed_at": 1,
        "at": 2,
        "seq": 3,
        "words": "recalled",
        "edited_at": 4,
        "delivery": {
          "refused": {
            "operation": "07070707-0707-0707-0707-070707070707",
            "code": "not_yours"
          }
        },
        "change": "waiting"
      },
      {
        "id": "07070707-0707-0707-0707-070707070707",
        "author": "07070707-0707-0707-0707-070707070707",
        "source": "agent",
        "composed_at": 1,
        "at": 2,
        "seq": 3,
        "words": {
          "system": {
            "notice": "claimed",
            "subject": "07070707-0707-0707-0707-070707070707"
          }
        },
        "edited_at": 4,
        "delivery": {
          "collided": {
            "operation": "07070707-0707-0707-0707-070707070707"
          }
        },
        "change": "waiting"
      },
      {
        "id": "07070707-0707-0707-0707-070707070707",
        "author": "07070707-0707-0707-0707-070707070707",
        "source": "agent",
        "composed_at": 1,
        "at": null,
        "seq": null,
        "words": {
          "system": {
            "notice": "closed",
            "subject": null
          }
        },
        "edited_at": null,
        "delivery": "sent",
        "change": null
      }
    ],
    "seq": 6,
    "waiting": 1
  },
  "team": null,
  "freshness": {
    "as_of": 5
  },
  "drafts": [
    {
      "kind": "timeline",
      "message": null,
      "text": "typed"
    }
  ],
  "active": [
    {
      "participant": "07070707-0707-0707-0707-070707070707",
      "signal": "typing"
    },
    {
      "participant": "07070707-0707-0707-0707-070707070707",
      "signal": {
        "seen": 2
      }
    }
  ],
  "recalls": [
    {
      "document": {
        "conversation": "07070707-0707-0707-0707-070707070707",
        "kind": "timeline"
      },
      "message": "07070707-0707-0707-0707-070707070707",
      "server": true,
      "done": 1,
      "devices": 2,
      "longest_away": null
    }
  ],
  "outbox": [
    {
      "operation": "07070707-0707-0707-0707-070707070707",
      "kind": "team",
      "what": "edit",
      "message": "07070707-0707-0707-0707-070707070707",
      "delivery": "waiting"
    },
    {
      "operation": "07070707-0707-0707-0707-070707070707",
      "kind": "team",
      "what": "recall",
      "message": "07070707-0707-0707-0707-070707070707",
      "delivery": "waiting"
    },
    {
      "operation": "07070707-0707-0707-0707-070707070707",
      "kind": "team",
      "what": "status",
      "message": "07070707-0707-0707-0707-070707070707",
      "delivery": "waiting"
    },
    {
      "operation": "07070707-0707-0707-0707-070707070707",
      "kind": "team",
      "what": "assign",
      "message": "07070707-0707-0707-0707-070707070707",
      "delivery": "waiting"
    },
    {
      "operation": "07070707-0707-0707-0707-070707070707",
      "kind": "team",
      "what": "close",
      "message": "07070707-0707-0707-0707-070707070707",
      "delivery": "waiting"
    },
    {
      "operation": "07070707-0707-0707-0707-070707070707",
      "kind": "team",
      "what": "priority",
      "message": "07070707-0707-0707-0707-070707070707",
      "delivery": "waiting"
    },
    {
      "operation": "07070707-0707-0707-0707-070707070707",
      "kind": "team",
      "what": "category",
      "message": "07070707-0707-0707-0707-070707070707",
      "delivery": "waiting"
    }
  ],
  "unread": 1,
  "row": null
};

export const live: Freshness = "live";

export const checking: Freshness = "checking";

export const visitor: Identity = {
  "principal": {
    "participant": "07070707-0707-0707-0707-070707070707",
    "former": [],
    "role": "visitor"
  },
  "site": "07070707-0707-0707-0707-070707070707"
};

export const agent: Identity = {
  "principal": {
    "participant": "07070707-0707-0707-0707-070707070707",
    "former": [],
    "role": {
      "agent": "supervisor"
    }
  },
  "site": "07070707-0707-0707-0707-070707070707"
};

export const assistant: Identity = {
  "principal": {
    "participant": "07070707-0707-0707-0707-070707070707",
    "former": [],
    "role": "assistant"
  },
  "site": "07070707-0707-0707-0707-070707070707"
};

export const inboxRow: InboxRow = {
  "conversation": "07070707-0707-0707-0707-070707070707",
  "row": {
    "conversation": "07070707-0707-0707-0707-070707070707",
    "site": "07070707-0707-0707-0707-070707070707",
    "visitor": "07070707-0707-0707-0707-070707070707",
    "status": "active_human",
    "closed": false,
    "assignee": "07070707-0707-0707-0707-070707070707",
    "timeline": 9,
    "newest": {
      "message": "07070707-0707-0707-0707-070707070707",
      "kind": "visitor",
      "revision": "07070707-0707-0707-0707-070707070707"
    },
    "at": 3,
    "follows": "07070707-0707-0707-0707-070707070707",
    "team": {
      "seq": 1,
      "priority": "high",
      "category": "07070707-0707-0707-0707-070707070707",
      "collaborators": [
        "07070707-0707-0707-0707-070707070707"
      ]
    }
  },
  "status": "waiting_for_human",
  "closed": false,
  "assignee": null,
  "at": 1,
  "preview": {
    "source": "visitor",
    "words": "said",
    "text": "x"
  },
  "unread": 0,
  "waiting": 0,
  "attention": 0
};

export const inboxRowBegunHere: InboxRow = {
  "conversation": "07070707-0707-0707-0707-070707070707",
  "row": null,
  "status": "waiting_for_human",
  "closed": false,
  "assignee": null,
  "at": 1,
  "preview": null,
  "unread": 0,
  "waiting": 0,
  "attention": 0
};

export const offer: Offer = {
  "conversation": "07070707-0707-0707-0707-070707070707",
  "until": 1
};

export const offerToAll: Offer = {
  "conversation": "07070707-0707-0707-0707-070707070707",
  "until": null
};

export const notification: Notification = {
  "number": 1,
  "conversation": "07070707-0707-0707-0707-070707070707",
  "kind": "mention",
  "message": "07070707-0707-0707-0707-070707070707",
  "at": 1
};

