/** A Date that reads the account's clock. Its instances are ordinary dates, so code outside may handle them. */
export function createDate(now: () => number): DateConstructor {
  const HostDate = Date;
  function GuestDate(...parts: unknown[]): unknown {
    if (new.target === undefined) return new HostDate(now()).toString();
    return Reflect.construct(HostDate, parts.length === 0 ? [now()] : parts, new.target);
  }
  GuestDate.prototype = HostDate.prototype;
  Object.setPrototypeOf(GuestDate, HostDate);
  Object.defineProperty(GuestDate, 'name', { value: 'Date' });
  Object.defineProperty(GuestDate, 'length', { value: 7 });
  return Object.assign(GuestDate, { now }) as unknown as DateConstructor;
}

/** `performance` whose time is the account's: it does not move while a function computes. */
export function createPerformance(now: () => number): typeof performance {
  const timeOrigin = now();
  return Object.create(performance, {
    now: { value: () => now() - timeOrigin },
    timeOrigin: { value: timeOrigin },
  }) as typeof performance;
}

/** `process.hrtime` on the account's clock. */
export function createHrtime(now: () => number): NodeJS.HRTime {
  const nanoseconds = () => BigInt(now()) * 1_000_000n;
  const hrtime = (since?: [number, number]): [number, number] => {
    const total = nanoseconds() - (since ? BigInt(since[0]) * 1_000_000_000n + BigInt(since[1]) : 0n);
    return [Number(total / 1_000_000_000n), Number(total % 1_000_000_000n)];
  };
  return Object.assign(hrtime, { bigint: nanoseconds });
}
