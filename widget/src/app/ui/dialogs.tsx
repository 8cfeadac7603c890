import { useEffect, useRef } from "preact/hooks";
import { useChat } from "../chat";
import { strings } from "../language";

type Question = {
  title: string;
  body: string;
  yes: string;
  no: string;
  onYes: () => void;
  onNo: () => void;
};

export function Dialogs() {
  const question = useQuestion();
  return question && <Ask key={question.title} {...question} />;
}

function useQuestion(): Question | null {
  const chat = useChat();
  const words = strings.value;
  const { composing, session } = chat;
  const asking = chat.asking.value;
  const secret = composing.asked.value;
  const leave = () => {
    chat.asking.value = null;
  };
  if (secret) {
    return {
      title: secret === "card" ? words.cardAsk : words.passwordAsk,
      body: secret === "card" ? words.cardBody : words.passwordBody,
      yes: words.sendAnyway,
      no: words.back,
      onYes: () => composing.submit("sure"),
      onNo: () => {
        composing.asked.value = null;
        composing.focus.value += 1;
      },
    };
  }
  if (session.askUnsent.value) {
    const done = () => {
      session.askUnsent.value = false;
    };
    return {
      title: words.unsentAsk,
      body: words.unsentBody,
      yes: words.lose,
      no: words.keep,
      onNo: done,
      onYes: () => {
        done();
        void session.logOut("lose");
      },
    };
  }
  if (asking?.what === "recall") {
    return {
      title: words.recallAsk,
      body: words.recallBody,
      yes: words.recallDo,
      no: words.cancel,
      onNo: leave,
      onYes: () => {
        leave();
        void chat.recall(asking.conversation, asking.message);
        composing.focus.value += 1;
      },
    };
  }
  if (asking?.what === "end") {
    return {
      title: words.endAsk,
      body: words.endBody,
      yes: words.end,
      no: words.cancel,
      onNo: leave,
      onYes: () => {
        leave();
        void chat.end();
      },
    };
  }
  return null;
}

function Ask({ title, body, yes, no, onYes, onNo }: Question) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      aria-labelledby="asked"
      aria-describedby="asked-body"
      onKeyDown={(event) => event.stopPropagation()}
      onCancel={(event) => {
        event.preventDefault();
        onNo();
      }}
    >
      <h2 id="asked">{title}</h2>
      <p id="asked-body">{body}</p>
      <div class="buttons">
        <button type="button" class="plain" onClick={onNo}>
          {no}
        </button>
        <button type="button" class="strong" onClick={onYes}>
          {yes}
        </button>
      </div>
    </dialog>
  );
}
