import { describe, expect, it } from 'vitest';
import { configMaps, pods } from '../../../simulator/kubernetes/resources.ts';
import { createStorage, type Storage } from '../../../simulator/kubernetes/storage.ts';
import { subscribe } from '../../../simulator/kubernetes/watch-hub.ts';
import { aKernel } from '../../support/kernel.ts';

const onNode = (nodeName: string) => ({ nodeName, containers: [] });
const aPod = (storage: Storage, name: string, nodeName: string) =>
  storage.create(pods, {
    metadata: { name, namespace: 'default' },
    spec: onNode(nodeName),
    status: { phase: 'Pending' },
  });

/** A storage, and the names of the objects that each watcher has been told of. */
function aHub() {
  const storage = createStorage({ kernel: aKernel(), cluster: 'demo' });
  const told: string[] = [];
  const follow = (who: string, fields: Record<string, string> = {}, resource = pods) =>
    subscribe(storage, { resource, fields, listener: ({ object }) => told.push(`${who}: ${object.metadata.name}`) });
  return { storage, told, follow };
}

describe('changes', () => {
  it('go to the watches of their kind and of their node, and to no others', () => {
    const { storage, told, follow } = aHub();
    follow('all');
    follow('one', { 'spec.nodeName': 'one' });
    follow('two', { 'spec.nodeName': 'two' });
    follow('maps', {}, configMaps as unknown as typeof pods);
    aPod(storage, 'a', 'one');

    expect(told).toEqual(['all: a', 'one: a']);
  });

  it('of a pod that moves from one value to another go to the watches of both', () => {
    const { storage, told, follow } = aHub();
    const pod = aPod(storage, 'a', '');
    follow('none', { 'spec.nodeName': '' });
    follow('one', { 'spec.nodeName': 'one' });
    storage.update(pods, { ...pod, spec: onNode('one') });

    expect(told).toEqual(['none: a', 'one: a']);
  });

  it('go nowhere after a watch has ended', () => {
    const { storage, told, follow } = aHub();
    const stop = follow('one', { 'spec.nodeName': 'one' });
    stop();
    aPod(storage, 'a', 'one');

    expect(told).toEqual([]);
  });
});
