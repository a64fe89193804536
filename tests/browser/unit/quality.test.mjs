/* How a connection is judged by what its statistics say. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judge } from '../../../www/js/quality.js';
import { sampleOf } from '../../../www/js/transport/stats.js';

const sample = (received, lost, roundTripMs = 20) => ({ received, lost, roundTripMs });

test('loss and delay make a connection weak or bad; few packets and the first look say nothing', () => {
  assert.equal(judge(undefined, sample(1000, 900)), null);
  assert.equal(judge(sample(0, 0), sample(1000, 10)), null);
  assert.equal(judge(sample(0, 0), sample(950, 50)), 'weak');
  assert.equal(judge(sample(0, 0), sample(800, 200)), 'bad');
  assert.equal(judge(sample(1000, 500), sample(2000, 500)), null, 'what was lost before does not count');
  assert.equal(judge(sample(0, 0), sample(5, 5)), null);
  assert.equal(judge(sample(0, 0), sample(1000, 0, 500)), 'weak');
  assert.equal(judge(sample(0, 0), sample(1000, 0, 1500)), 'bad');
  assert.equal(judge(sample(1000, 10), sample(1100, 4)), null, 'a loss taken back is none');
});

test('what counts of a report: all that arrives, and the path in use', () => {
  assert.deepEqual(
    sampleOf([
      { type: 'inbound-rtp', packetsReceived: 10, packetsLost: 1 },
      { type: 'inbound-rtp', packetsReceived: 20, packetsLost: 2 },
      { type: 'candidate-pair', nominated: false, currentRoundTripTime: 9 },
      { type: 'candidate-pair', nominated: true, currentRoundTripTime: 0.25 },
      { type: 'outbound-rtp', packetsSent: 5 },
    ]),
    sample(30, 3, 250),
  );
});
