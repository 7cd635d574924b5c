/** What a heap orders: by time, and of equal times by the order of asking. */
export type HeapEntry = {
  readonly at: number;
  readonly order: number;
  readonly action: () => void;
  cancelled: boolean;
};

/** A binary heap of timers. Cancelled entries are dropped when they come up. */
export function createTimerHeap() {
  const heap: HeapEntry[] = [];
  const at = (index: number): HeapEntry => heap[index] as HeapEntry;
  const isBefore = (a: number, b: number) =>
    at(a).at < at(b).at || (at(a).at === at(b).at && at(a).order < at(b).order);
  const swap = (a: number, b: number) => {
    const entry = at(a);
    heap[a] = at(b);
    heap[b] = entry;
  };

  const siftUp = (start: number) => {
    let index = start;
    for (let parent = (index - 1) >> 1; index > 0 && isBefore(index, parent); parent = (index - 1) >> 1) {
      swap(index, parent);
      index = parent;
    }
  };
  const leastOf = (index: number): number => {
    const [left, right] = [2 * index + 1, 2 * index + 2];
    const least = left < heap.length && isBefore(left, index) ? left : index;
    return right < heap.length && isBefore(right, least) ? right : least;
  };
  const siftDown = () => {
    let index = 0;
    for (let least = leastOf(index); least !== index; least = leastOf(index)) {
      swap(index, least);
      index = least;
    }
  };
  const pop = (): HeapEntry | undefined => {
    const first = heap[0];
    const last = heap.pop();
    if (heap.length > 0 && last !== undefined) {
      heap[0] = last;
      siftDown();
    }
    return first;
  };

  return {
    push(entry: HeapEntry) {
      heap.push(entry);
      siftUp(heap.length - 1);
    },
    pop,
    peek(): HeapEntry | undefined {
      while (heap[0]?.cancelled) pop();
      return heap[0];
    },
  };
}
