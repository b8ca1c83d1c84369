// POST /v1/requests on Fastify and node-postgres over TLS: the body is checked against a schema, and request, journal
// and deadline are committed before the answer, in one statement or in a transaction of three.
import { readFileSync } from 'node:fs';
import Fastify from 'fastify';
import pg from 'pg';
import { database, serve, settings, versionOf } from './talk.mjs';

const REQUEST = "INSERT INTO request VALUES ($1, 'queued', 'kyzmat', 1, now(), $2)";
const JOURNAL = `INSERT INTO journal VALUES ($1, 1, 'submit', 'clerk', now(), '{"state":"queued"}')`;
const DEADLINE = "INSERT INTO deadline VALUES ($1, 1, 'decide', now() + interval '12 days')";
const ONE = `WITH r AS (${REQUEST}), j AS (${JOURNAL}) ${DEADLINE}`;

const string = { type: 'string', maxLength: 1000 };
const schema = {
	type: 'object',
	additionalProperties: false,
	required: ['service', 'channel', 'applicant', 'form'],
	properties: {
		service: string, variant: string, channel: { enum: ['counter', 'portal', 'post', 'mobile', 'email'] },
		language: { enum: ['ky', 'ru'] }, external_ref: string,
		applicant: {
			type: 'object', additionalProperties: false, required: ['kind', 'name'],
			properties: { kind: { enum: ['person', 'organisation'] }, pin: { type: 'string', pattern: '^[0-9]{14}$' },
				name: string, phone: string, email: string, address: string },
		},
		form: { type: 'object', required: ['photo_taken'], properties: { photo_taken: { type: 'boolean' } } },
		documents: {
			type: 'array', maxItems: 50,
			items: { type: 'object', required: ['kind'], properties: { kind: string, original: { type: 'boolean' },
				pages: { type: 'integer' }, name: string, issued_on: string } },
		},
	},
};

// Every process has ids of its own.
let next = BigInt(Date.now()) * 2_000_000n + BigInt(process.pid % 1000) * 1_000n * 2_000_000_000n;
let server, pool;

async function writeOne(id, body) {
	await pool.query({ name: 'one', text: ONE, values: [id, body] });
}

async function writeThree(id, body) {
	const client = await pool.connect();
	try {
		await client.query('BEGIN');
		await client.query({ name: 'request', text: REQUEST, values: [id, body] });
		await client.query({ name: 'journal', text: JOURNAL, values: [id] });
		await client.query({ name: 'deadline', text: DEADLINE, values: [id] });
		await client.query('COMMIT');
		client.release();
	} catch (error) {
		client.release(error);
		throw error;
	}
}

async function open({ port, lanes, statements }) {
	const write = statements === 1 ? writeOne : writeThree;
	await server?.close();
	await pool?.end();
	pool = new pg.Pool({ ...database, max: lanes });
	server = Fastify({ https: { key: readFileSync(settings.key), cert: readFileSync(settings.certificate) } });
	server.post('/v1/requests', { schema: { body: schema } }, async (request, reply) => {
		const id = String(next++);
		await write(id, JSON.stringify(request.body));
		reply.code(201);
		return { id, state: 'queued', agency: 'kyzmat' };
	});
	await server.listen({ host: '127.0.0.1', port, reusePort: true });
}

await serve({
	version: () => ({ version: `${versionOf('fastify')}, ${versionOf('pg')}` }),
	open,
});
