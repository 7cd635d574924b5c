/** Chance inside one execution environment: a stream of numbers that begins anew with every seed. */
export type GuestRandom = {
  readonly seed: (hex: string) => void;
  /** Uniform in [0, 1), like Math.random. */
  readonly fraction: () => number;
  readonly fill: (bytes: Uint8Array) => void;
  readonly uuid: () => string;
};

/** The generator is sfc32: four words of state from 32 hexadecimal digits. Nothing here is secret, so speed decides. */
export function createGuestRandom(seedHex: string): GuestRandom {
  let a = 0;
  let b = 0;
  let c = 0;
  let counter = 1;
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return sum >>> 0;
  };
  const seed = (hex: string) => {
    [a, b, c, counter] = [0, 8, 16, 24].map((at) => Number.parseInt(hex.slice(at, at + 8), 16) | 0) as [
      number,
      number,
      number,
      number,
    ];
    for (let round = 0; round < 12; round++) next();
  };
  const fill = (bytes: Uint8Array) => {
    for (let index = 0; index < bytes.length; index++) bytes[index] = next() & 0xff;
  };
  seed(seedHex);

  return {
    seed,
    fraction: () => (next() * 2 ** 21 + (next() >>> 11)) / 2 ** 53,
    fill,
    uuid() {
      const bytes = new Uint8Array(16);
      fill(bytes);
      bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40;
      bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
      const hex = Buffer.from(bytes).toString('hex');
      const part = (start: number, end: number) => hex.slice(start, end);
      return `${part(0, 8)}-${part(8, 12)}-${part(12, 16)}-${part(16, 20)}-${part(20, 32)}`;
    },
  };
}
