/* Coming in where one was not invited: counting through meetings' numbers. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { createMeeting, join, ok, people, refused } from '../api/support.mjs';
import { api, openSocket } from '../lib/client.mjs';
import { root, startSystem } from '../lib/system.mjs';

let sys, ada, ben, eve;
before(async () => {
    sys = await startSystem({ workers: { api: 2, relay: 2 } });
    [ada, ben, eve] = await people(sys, 'Ada', 'Ben', 'Eve');
});
after(() => sys?.stop());

const NOWHERE = 987_654;
const bodies = { join: {}, guests: { displayName: 'Eve' } };

/* [method, what comes behind the meeting] of every call about a meeting, from the table of routes. */
const calls = [...fs.readFileSync(path.join(root, 'handlers/routes.c'), 'utf8').matchAll(/\{"(\w+)", API "\/meetings\/:meetingId\/?([^"]*)"/g)]
    .map(([, method, tail]) => [method, tail.replace(/:\w+/g, '1')]);

const ask = async (client, id, [method, tail]) => {
    const body = method === 'GET' || method === 'DELETE' ? undefined : bodies[tail] ?? {};
    const { status, body: { requestId, ...problem } } = await client.request(method, `/meetings/${id}/${tail}`.replace(/\/$/, ''), { body });
    return { status, problem };
};

test('to a stranger the number of a private meeting is one that does not exist, whatever is asked', async () => {
    const meeting = await createMeeting(ada, { allowGuests: true });
    const elsewhere = await createMeeting(ben, { allowGuests: true });
    const { accessToken } = ok(await api(sys).post(`/meetings/${elsewhere.code}/guests`, { displayName: 'Guest' }), 201);
    await join(ada, meeting);
    assert.ok(calls.length > 30);
    for (const client of [eve.client, api(sys, accessToken)])
        for (const call of calls) {
            const answer = await ask(client, meeting.id, call);
            assert.deepEqual(answer, await ask(client, NOWHERE, call), call.join(' '));
            assert.equal(answer.status, 404, call.join(' '));
        }
    refused(await api(sys).post(`/meetings/${meeting.id}/guests`, { displayName: 'Eve' }), 'not_found');
    for (const { token } of [eve, { token: accessToken }]) {
        const socket = await openSocket(sys, token);
        for (const meetingId of [meeting.id, String(meeting.id), NOWHERE])
            await assert.rejects(socket.request('join_room', { meetingId }), { code: 'not_found' });
        await socket.close();
    }
    const [{ n }] = await sys.sql('SELECT COUNT(*) AS n FROM participants WHERE meeting_id = ?', [meeting.id]);
    assert.equal(n, 1);
});

test('the number is good for who belongs to it, with an invitation to it, and for a public meeting', async () => {
    const meeting = await createMeeting(ada), open = await createMeeting(ada, { isPublic: true });
    const other = await createMeeting(ben);
    const invite = async (host, m) => ok(await host.client.post(`/meetings/${m.id}/invites`, {}), 201);
    const { id, token } = await invite(ada, meeting);
    const byNumber = (body) => eve.client.post(`/meetings/${meeting.id}/join`, body);
    for (const wrong of [(await invite(ben, other)).token, `${id}.AAAAAAAAAAAAAAAAAAAAAA`, String(id)])
        refused(await byNumber({ invite: wrong }), 'not_found', undefined, wrong);
    ok(await api(sys).post(`/meetings/${meeting.id}/guests`, { displayName: 'Guest', invite: token }), 201);
    ok(await byNumber({ invite: token }));
    ok(await eve.client.post(`/meetings/${meeting.id}/leave`, {}));
    refused(await byNumber({}), 'meeting_ended'); // whoever was in it goes on knowing it
    ok(await ben.client.post(`/meetings/${open.id}/join`, {}));
    assert.equal(ok(await eve.client.get(`/meetings/${open.id}`)).code, open.code);
    const socket = await openSocket(sys, eve.token);
    await socket.request('join_room', { meetingId: open.id });
    await socket.close();
});
