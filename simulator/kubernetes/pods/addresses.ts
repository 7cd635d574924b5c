/** Addresses of pods, each given to one pod at a time: 100.64.0.0/10, the usual second range of a VPC with pods. */
export type PodAddresses = { readonly take: () => string; readonly free: (address: string) => void };

export function createPodAddresses(): PodAddresses {
  const returned: string[] = [];
  let next = 256;
  return {
    take() {
      // The last one given back is the last one to be given again.
      if (returned.length > 4096) return returned.shift() as string;
      const number = next;
      next += 1;
      return `100.${64 + (number >> 16)}.${(number >> 8) & 255}.${number & 255}`;
    },
    free(address) {
      if (address.startsWith('100.')) returned.push(address);
    },
  };
}
