// How a peer is spoken to: one JSON command a line on stdin, one JSON answer a line on stdout; it ends with stdin.
import { createInterface } from 'node:readline';
import { readFileSync } from 'node:fs';

export const settings = JSON.parse(process.argv[2]);
export const database = { host: settings.host, database: settings.database, user: settings.user };
export const body = JSON.parse(readFileSync(settings.body, 'utf8'));

export const versionOf = (name) =>
	`${name} ${JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, import.meta.url), 'utf8')).version}`;

export async function serve(commands) {
	for await (const line of createInterface({ input: process.stdin })) {
		const { do: verb, ...options } = JSON.parse(line);
		const answer = await commands[verb](options);
		process.stdout.write(`${JSON.stringify(answer ?? {})}\n`);
	}
	process.exit(0);
}
