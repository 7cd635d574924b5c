import { describe, expect, it } from 'vitest';
import { judgePod, parseAddresses, type TestPod, testContainers, testImage } from '../../functions/domain/test-pod.ts';

const names = ['service-routing', 'cluster-dns', 'address-1', 'address-2'];
const addresses = ['10.0.5.20:1433', 'files.example.internal:443'];

/** A pod whose containers have ended with these codes. */
const ended = (...codes: readonly (number | undefined)[]): TestPod => ({
  phase: codes.every((code) => code === 0) ? 'Succeeded' : 'Failed',
  reason: undefined,
  containers: codes.map((exitCode, index) => ({ name: names[index] ?? '', waiting: undefined, exitCode })),
});
const waitingFor = (waiting: string): TestPod => ({
  phase: 'Pending',
  reason: undefined,
  containers: names.map((name) => ({ name, waiting, exitCode: undefined })),
});

describe('the pod of a smoke test', () => {
  it.each([
    { case: 'everything answers', pod: ended(0, 0, 0, 0), layer: undefined },
    { case: 'an address answers with no TLS', pod: ended(0, 0, 35, 52), layer: undefined },
    { case: 'the ClusterIP does not answer', pod: ended(28, 28, 0, 0), layer: 'service-routing' },
    { case: 'the ClusterIP refuses', pod: ended(7, 0, 0, 0), layer: 'service-routing' },
    { case: 'the name does not resolve', pod: ended(0, 6, 0, 0), layer: 'cluster-dns' },
    { case: 'an address does not answer', pod: ended(0, 0, 0, 28), layer: 'address files.example.internal:443' },
    { case: 'the program cannot be started', pod: ended(128, 128, 128, 128), layer: 'pod-start' },
    { case: 'one container never ends', pod: ended(0, 0, undefined, 0), layer: 'pod-start' },
    {
      case: 'the kubelet refuses the pod',
      pod: { phase: 'Failed', reason: 'OutOfpods', containers: [] },
      layer: 'pod-start',
    },
  ])('where $case: $layer', ({ pod, layer }) => {
    const verdict = judgePod(pod, addresses, false);
    expect(verdict).toMatchObject(layer === undefined ? { result: 'passed' } : { result: 'failed', layer });
  });

  it.each([
    { waiting: 'ContainerCreating', layer: 'pod-start' },
    { waiting: 'ErrImagePull', layer: 'container-image' },
    { waiting: 'ImagePullBackOff', layer: 'container-image' },
  ])('that still waits with $waiting when its time is up failed at $layer', ({ waiting, layer }) => {
    expect(judgePod(waitingFor(waiting), addresses, false)).toEqual({ result: 'running' });
    expect(judgePod(waitingFor(waiting), addresses, true)).toEqual({ result: 'failed', layer, detail: waiting });
  });

  it('that is gone is made again until its time is up', () => {
    expect(judgePod(undefined, [], false)).toEqual({ result: 'running' });
    expect(judgePod(undefined, [], true)).toMatchObject({ result: 'failed', layer: 'pod-start' });
  });

  it('asks for the ClusterIP, the full name and every address, each in a container of its own', () => {
    const urls = testContainers(addresses).map(({ name, command }) => [name, command.at(-1)]);
    expect(urls).toEqual([
      ['service-routing', 'https://$(KUBERNETES_SERVICE_HOST):$(KUBERNETES_SERVICE_PORT)/version'],
      ['cluster-dns', 'https://kubernetes.default.svc.cluster.local/version'],
      ['address-1', 'https://10.0.5.20:1433/'],
      ['address-2', 'https://files.example.internal:443/'],
    ]);
  });

  it('runs the container image of the Server line', () => {
    expect(testImage('mcr.microsoft.com/windows/servercore', '2025')).toBe(
      'mcr.microsoft.com/windows/servercore:ltsc2025',
    );
  });
});

describe('addresses in a parameter', () => {
  it.each([
    { text: '', addresses: [] },
    { text: '10.0.5.20:1433, files.example.internal:443', addresses: ['10.0.5.20:1433', 'files.example.internal:443'] },
    { text: 'https://example.com', addresses: undefined },
    { text: 'example.com', addresses: undefined },
  ])('"$text"', ({ text, addresses: expected }) => {
    expect(parseAddresses(text)).toEqual(expected);
  });
});
