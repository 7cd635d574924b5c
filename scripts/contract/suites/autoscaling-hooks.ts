import { type Check, holds, same } from '../check.ts';
import { list, read } from '../fields.ts';
import { inGroup } from './autoscaling-groups.ts';

const launching = 'autoscaling:EC2_INSTANCE_LAUNCHING';

export const hookChecks: readonly Check[] = [
  {
    name: 'gives a hook an hour, a global limit of two days and the result ABANDON unless told otherwise',
    source: 'API reference, PutLifecycleHook and LifecycleHook',
    changes: true,
    needs: ['group'],
    async run(place) {
      const hook = { ...inGroup(place), LifecycleHookName: place.uniqueName };
      place.undo(() => place.ask('DeleteLifecycleHook', hook));
      await place.ask('PutLifecycleHook', { ...hook, LifecycleTransition: launching });
      const found = await place.ask('DescribeLifecycleHooks', {
        ...inGroup(place),
        LifecycleHookNames: [place.uniqueName],
      });
      same(found, 'LifecycleHooks.0.HeartbeatTimeout', 3600);
      same(found, 'LifecycleHooks.0.GlobalTimeout', 172_800);
      same(found, 'LifecycleHooks.0.DefaultResult', 'ABANDON');
      same(found, 'LifecycleHooks.0.LifecycleTransition', launching);
    },
  },
  {
    name: 'ends a hook of 300 seconds after a hundred of them',
    source: 'API reference, LifecycleHook: GlobalTimeout',
    changes: true,
    needs: ['group'],
    async run(place) {
      const hook = { ...inGroup(place), LifecycleHookName: place.uniqueName };
      place.undo(() => place.ask('DeleteLifecycleHook', hook));
      await place.ask('PutLifecycleHook', { ...hook, LifecycleTransition: launching, HeartbeatTimeout: 300 });
      const found = await place.ask('DescribeLifecycleHooks', {
        ...inGroup(place),
        LifecycleHookNames: [place.uniqueName],
      });
      same(found, 'LifecycleHooks.0.GlobalTimeout', 30_000);
    },
  },
  {
    name: 'keeps the members of a hook that a second put leaves out',
    source: 'API reference, PutLifecycleHook: required for new hooks, optional when updating',
    changes: true,
    needs: ['group'],
    async run(place) {
      const hook = { ...inGroup(place), LifecycleHookName: place.uniqueName };
      place.undo(() => place.ask('DeleteLifecycleHook', hook));
      const metadata = { NotificationMetadata: 'kept', DefaultResult: 'CONTINUE' };
      await place.ask('PutLifecycleHook', { ...hook, ...metadata, LifecycleTransition: launching });
      await place.ask('PutLifecycleHook', { ...hook, HeartbeatTimeout: 60 });
      const found = await place.ask('DescribeLifecycleHooks', {
        ...inGroup(place),
        LifecycleHookNames: [place.uniqueName],
      });
      same(found, 'LifecycleHooks.0.HeartbeatTimeout', 60);
      same(found, 'LifecycleHooks.0.NotificationMetadata', 'kept');
      same(found, 'LifecycleHooks.0.DefaultResult', 'CONTINUE');
    },
  },
  {
    name: 'takes heartbeats of 30 to 7200 seconds',
    source: 'API reference, PutLifecycleHook: HeartbeatTimeout',
    changes: true,
    needs: ['group'],
    async run({ refuse, uniqueName, ...place }) {
      const hook = { ...inGroup(place), LifecycleHookName: uniqueName, LifecycleTransition: launching };
      await refuse('PutLifecycleHook', { ...hook, HeartbeatTimeout: 29 }, ['ValidationError']);
      await refuse('PutLifecycleHook', { ...hook, HeartbeatTimeout: 7201 }, ['ValidationError']);
      await refuse('PutLifecycleHook', { ...hook, LifecycleTransition: 'autoscaling:NONSENSE' }, ['ValidationError']);
    },
  },
  {
    name: 'refuses to delete a hook that is not there',
    source: 'API reference, DeleteLifecycleHook',
    needs: ['group'],
    async run(place) {
      const hook = { ...inGroup(place), LifecycleHookName: place.uniqueName };
      await place.refuse('DeleteLifecycleHook', hook, ['ValidationError']);
      const none = await place.ask('DescribeLifecycleHooks', {
        ...inGroup(place),
        LifecycleHookNames: [place.uniqueName],
      });
      holds(list(none, 'LifecycleHooks').length === 0, 'no hooks', read(none, 'LifecycleHooks'));
    },
  },
  {
    name: 'refuses to answer for an instance that does not wait',
    source: 'User guide, complete a lifecycle action',
    needs: ['group'],
    async run(place) {
      const nobody = { ...inGroup(place), LifecycleHookName: place.uniqueName, InstanceId: 'i-00000000000000000' };
      await place.refuse('CompleteLifecycleAction', { ...nobody, LifecycleActionResult: 'CONTINUE' }, [
        'ValidationError',
      ]);
      await place.refuse('RecordLifecycleActionHeartbeat', nobody, ['ValidationError']);
    },
  },
];
