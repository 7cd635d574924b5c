import type { Front, WireRequest, WireResponse } from '../kernel/wire.ts';
import type { OpenRequest } from './isolated-protocol.ts';

type Exchange = { isAnswered: boolean; isOver: boolean; bytes: number };

/** The account's side of the requests of one environment. */
export type ExchangeBook = {
  readonly serve: (request: WireRequest, front: Front) => Promise<WireResponse>;
  /**
   * Where one request stands, given what the function knows of it: `waiting` for the account, or `moving` between
   * the two, or `held` by the function itself.
   */
  readonly stateOf: (open: OpenRequest) => 'waiting' | 'moving' | 'held';
  /** Forgets what neither side needs any more. */
  readonly prune: (open: readonly OpenRequest[]) => void;
};

/** @param changed Called after every step. @param showTime Called before the function can see an answer. */
export function createExchangeBook(changed: () => void, showTime: () => void): ExchangeBook {
  const exchanges = new Map<string, Exchange>();

  const advance = (exchange: Exchange, step: Partial<Exchange>) => {
    showTime();
    Object.assign(exchange, step);
    changed();
  };
  async function* follow(body: AsyncIterable<Buffer>, exchange: Exchange): AsyncGenerator<Buffer> {
    try {
      for await (const chunk of body) {
        advance(exchange, { bytes: exchange.bytes + chunk.length });
        yield chunk;
      }
    } finally {
      advance(exchange, { isOver: true });
    }
  }

  return {
    async serve(request, front) {
      const exchange: Exchange = { isAnswered: false, isOver: false, bytes: 0 };
      exchanges.set(request.origin?.key ?? '', exchange);
      changed();
      try {
        const response = await front(request);
        if (!Buffer.isBuffer(response.body)) {
          advance(exchange, { isAnswered: true });
          return { ...response, body: follow(response.body, exchange) };
        }
        const bytes = request.method === 'HEAD' ? 0 : response.body.length;
        advance(exchange, { isAnswered: true, isOver: true, bytes });
        return response;
      } catch (error) {
        advance(exchange, { isAnswered: true, isOver: true });
        throw error;
      }
    },
    stateOf(open) {
      if (open.state === 'held') return 'held';
      const exchange = exchanges.get(open.key);
      if (exchange === undefined) return 'moving';
      return open.isFull ? 'held' : waitingOrMoving(exchange, open);
    },
    prune(open) {
      const keys = new Set(open.map(({ key }) => key));
      for (const [key, { isOver }] of exchanges) if (isOver && !keys.has(key)) exchanges.delete(key);
    },
  };
}

function waitingOrMoving({ isAnswered, isOver, bytes }: Exchange, open: OpenRequest): 'waiting' | 'moving' {
  const isHeadIn = isAnswered === (open.state === 'answered');
  return isHeadIn && !isOver && bytes === open.bytes ? 'waiting' : 'moving';
}
