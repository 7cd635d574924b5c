import { describe, expect, it } from 'vitest';
import type { NodeGroupDocument, RunDocument } from '../../scripts/start/document.ts';
import { renderSummary } from '../../scripts/start/summary.ts';

const regressed = { fromVersion: 8, fromAmi: 'ami-0new', toVersion: 7, toAmi: 'ami-0old', author: 'arn:terraform' };
const aDocument = (group: Partial<NodeGroupDocument>, run: Partial<RunDocument> = {}): RunDocument => ({
  run: { status: 'SUCCEEDED', startedAt: '', endedAt: '', simulatedSeconds: 60 },
  nodeGroups: [
    {
      ...{ cluster: 'shop', name: 'web', kind: 'self-managed', outcome: 'patched', toAmi: 'ami-0newest' },
      nodes: { total: 2, patched: 2 },
      ...group,
    },
  ],
  ...{ workloads: [], refusedEvictions: [] },
  calls: { aws: {}, kubernetes: {}, transitions: 1 },
  ...run,
});
const textOf = (document: RunDocument) => renderSummary(document, []).join('\n');

describe('the end of a run, for people', () => {
  it('says of a regressed group from which version to which, and who made that', () => {
    const text = textOf(aDocument({ regressed }));

    expect(text).toContain(
      'shop/web had regressed: from template version 8 (ami-0new) to 7 (ami-0old), made by arn:terraform',
    );
  });

  it('says it once when it is the reason too', () => {
    const reason = { error: 'Regressed', cause: 'shop/web was on version 8' };
    const text = textOf(aDocument({ outcome: 'planned', regressed, reason }));

    expect(text.match(/egressed/g)).toHaveLength(1);
    expect(text).toContain('Regressed: shop/web was on version 8');
  });

  it('says where the AMI is published, if it is', () => {
    expect(textOf(aDocument({}, { publishedAs: '/reglaze/x/broad/ami-id' }))).toContain('Published as /reglaze/x');
    expect(textOf(aDocument({}))).not.toContain('Published');
  });

  it('says what became of the pods, by name, where not all of them left as they were asked to', () => {
    const at = '2026-05-16T05:00:00Z';
    const pod = { namespace: 'store', name: 'web-1', node: 'ip-10-0-1-1' };
    const drains = {
      ...{ emptied: 2, cutShort: [], unfinished: [], evicted: 7, refused: [], lost: [], localData: [], short: [] },
      forced: [{ ...pod, why: 'deadline' as const, at }],
    };
    expect(textOf(aDocument({ drains }))).toContain(
      'Drains of shop/web:\n  Deleted without being let go: store/web-1 (at the deadline).',
    );
    expect(textOf(aDocument({ drains: { ...drains, forced: [] } }))).not.toContain('Drains of');
  });

  it('has a table of the workloads and one of the budgets that refused, where there are any', () => {
    const workloads = [{ cluster: 'shop', workload: 'store/Deployment/web', inPlace: 6, lowestReady: 5 }];
    const refusedEvictions = [{ cluster: 'shop', budget: 'store/web', times: 84 }];
    const text = textOf(aDocument({}, { workloads, refusedEvictions }));

    expect(text).toMatch(/shop store\/Deployment\/web +5\/6/);
    expect(text).toMatch(/shop store\/web +84/);
    expect(textOf(aDocument({}))).not.toContain('workload');
  });
});
