/** A stream that is written by callbacks of the clock and read by whoever carries it to the client. */
export type PushStream = {
  readonly push: (chunk: Buffer) => void;
  readonly end: () => void;
  /** Called once, when the writer ended it or the reader went away. */
  readonly onEnd: (listener: () => void) => void;
  readonly body: AsyncIterable<Buffer>;
};

export function createPushStream(): PushStream {
  const chunks: Buffer[] = [];
  const listeners: (() => void)[] = [];
  let ended = false;
  let wake = Promise.withResolvers<void>();

  const end = () => {
    if (ended) return;
    ended = true;
    for (const listener of listeners) listener();
    wake.resolve();
  };

  async function* read(): AsyncGenerator<Buffer> {
    try {
      for (;;) {
        const chunk = chunks.shift();
        if (chunk !== undefined) yield chunk;
        else if (ended) return;
        else {
          await wake.promise;
          wake = Promise.withResolvers<void>();
        }
      }
    } finally {
      end();
    }
  }

  const reader = read();
  const body: AsyncIterable<Buffer> & AsyncIterator<Buffer> = {
    [Symbol.asyncIterator]: () => body,
    next: () => reader.next(),
    // A generator that waits cannot be returned; ending first lets it run out.
    return() {
      end();
      return reader.return(undefined);
    },
  };
  return {
    push(chunk) {
      if (ended) return;
      chunks.push(chunk);
      wake.resolve();
    },
    end,
    onEnd(listener) {
      if (ended) listener();
      else listeners.push(listener);
    },
    body,
  };
}
