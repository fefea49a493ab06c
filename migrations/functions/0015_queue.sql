-- What people do to the queue, as functions: a database that `tgtui db grants` guards lets nobody but a worker
-- write requests, and these are then the only way. Every program on PostgreSQL calls them, guarded or not.

-- What became of one package: `outcome` is new or followed, with the request and its chain; or why it was refused:
-- removed, remembered (`said` has the failure's words), limited (how many of how many); `again` says until when.
CREATE TYPE tgtui_asked AS (
    registry text, name text, outcome text, request_id uuid, chain_id uuid,
    said text, again timestamp, counted integer, allowed integer
);

-- The registry refused the package within the cooldown: what it said, and when it may be asked again.
CREATE FUNCTION tgtui_remembered(
    p_registry text, p_name text, p_cooldown interval, OUT said text, OUT again timestamp
) RETURNS SETOF record LANGUAGE sql STABLE ROWS 1 AS $$
    SELECT last.error_message, last.updated_at + p_cooldown
    FROM (SELECT status, error_code, error_message, updated_at FROM package_requests
          WHERE package_name = p_name AND registry = p_registry
            AND status IN ('completed', 'failed') AND attempt_count > 0
          ORDER BY updated_at DESC LIMIT 1) AS last
    WHERE last.status = 'failed' AND last.error_code IN ('not_found', 'malformed', 'too_large')
      AND tgtui_now() - last.updated_at >= interval '-5 minutes'
      AND tgtui_now() - last.updated_at < p_cooldown
$$;

-- How often the account asked within an hour, and until when that is so; no row while it may ask.
CREATE FUNCTION tgtui_over_limit(
    p_account uuid, p_per_hour integer, OUT counted integer, OUT again timestamp
) RETURNS SETOF record LANGUAGE plpgsql AS $$
DECLARE
    v_oldest timestamp;
BEGIN
    IF p_account IS NULL OR p_per_hour IS NULL THEN
        RETURN;
    END IF;
    IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_transaction_state',
            MESSAGE = 'who asks has to see what was asked for meanwhile: use READ COMMITTED';
    END IF;
    -- Locked: of two requests at once, the second counts the first. Who asks or retries did so before all other locks.
    PERFORM FROM account WHERE id = p_account FOR NO KEY UPDATE;
    SELECT coalesce(sum(charges), 0), min(charged_at) INTO counted, v_oldest
    FROM package_request_chains
    WHERE requested_by = p_account
      AND charged_at > tgtui_now() - interval '1 hour'
      AND charged_at <= tgtui_now() + interval '5 minutes';
    IF counted >= p_per_hour THEN
        again := v_oldest + interval '1 hour';
        RETURN NEXT;
    END IF;
END $$;

-- Queue packages, or join their active requests, as one chain. Not for people to call: it believes what it is told.
CREATE FUNCTION tgtui_queue(
    p_registries text[], p_names text[], p_account uuid, p_force boolean, p_priority integer,
    p_per_hour integer, p_cooldown interval
) RETURNS SETOF tgtui_asked LANGUAGE plpgsql AS $$
DECLARE
    v_asked tgtui_asked[];
    v_limit record;
    v_made uuid[] = '{}';
    v_more uuid[];
    v_roots uuid[];
    v_chain uuid;
    v_waiting uuid[];
    v_is_first boolean = true;
BEGIN
    IF p_per_hour IS NOT NULL THEN
        PERFORM FROM account WHERE id = p_account FOR NO KEY UPDATE;
    END IF;
    SELECT array_agg(ROW(wanted.registry, wanted.name,
                         CASE WHEN package.id IS NOT NULL THEN 'removed' END,
                         NULL, NULL, NULL, NULL, NULL, NULL)::tgtui_asked ORDER BY wanted.place)
    INTO v_asked
    FROM (SELECT registry, name, min(place) AS place
          FROM unnest(p_registries, p_names) WITH ORDINALITY AS given (registry, name, place)
          GROUP BY registry, name) AS wanted
    LEFT JOIN packages AS package ON package.name = wanted.name AND package.registry = wanted.registry
                                 AND package.deleted_at IS NOT NULL;
    -- Locked, chains before requests: those that wait for what an admin deleted and restored.
    v_waiting := ARRAY(
        SELECT id FROM package_request_chains
        WHERE cancelled_at IS NULL AND id IN (
            SELECT member.chain_id FROM package_requests AS former
            JOIN package_request_members AS member ON member.request_id = former.id
            WHERE (former.package_name, former.registry) IN (SELECT name, registry FROM unnest(v_asked))
              AND former.status = 'failed' AND former.error_code = 'removed_by_admin')
        ORDER BY id FOR NO KEY UPDATE);
    LOOP
        -- Locked, in order: one that is being completed this moment is waited for.
        IF v_is_first THEN
            PERFORM FROM package_requests
            WHERE (package_name, registry) IN (SELECT name, registry FROM unnest(v_asked) WHERE outcome IS NULL)
              AND status IN ('pending', 'fetching')
            ORDER BY id FOR NO KEY UPDATE;
        ELSE
            -- Rather than out of order the transaction is repeated.
            PERFORM FROM package_requests
            WHERE (package_name, registry) IN (SELECT name, registry FROM unnest(v_asked) WHERE outcome IS NULL)
              AND status IN ('pending', 'fetching')
            ORDER BY id FOR NO KEY UPDATE NOWAIT;
        END IF;
        SELECT array_agg(ROW(asked.registry, asked.name,
                             CASE WHEN active.id IS NULL THEN asked.outcome
                                  WHEN active.id = ANY (v_made) THEN 'new' ELSE 'followed' END,
                             active.id, NULL, asked.said, asked.again, NULL, NULL)::tgtui_asked
                         ORDER BY asked.place)
        INTO v_asked
        FROM unnest(v_asked) WITH ORDINALITY
             AS asked (registry, name, outcome, request_id, chain_id, said, again, counted, allowed, place)
        LEFT JOIN package_requests AS active
               ON coalesce(asked.outcome, 'new') IN ('new', 'followed')
              AND active.package_name = asked.name AND active.registry = asked.registry
              AND active.status IN ('pending', 'fetching');
        IF v_is_first AND NOT p_force THEN
            SELECT array_agg(ROW(asked.registry, asked.name,
                                 CASE WHEN last.again IS NULL THEN asked.outcome ELSE 'remembered' END,
                                 asked.request_id, NULL, last.said, last.again, NULL, NULL)::tgtui_asked
                             ORDER BY asked.place)
            INTO v_asked
            FROM unnest(v_asked) WITH ORDINALITY
                 AS asked (registry, name, outcome, request_id, chain_id, said, again, counted, allowed, place)
            LEFT JOIN LATERAL tgtui_remembered(asked.registry, asked.name, p_cooldown) AS last
                   ON asked.outcome IS NULL;
        END IF;
        EXIT WHEN NOT EXISTS (SELECT FROM unnest(v_asked) WHERE outcome IS NULL);
        IF v_is_first AND NOT p_force THEN
            SELECT * INTO v_limit FROM tgtui_over_limit(p_account, p_per_hour);
            IF FOUND THEN
                SELECT array_agg(CASE WHEN asked.outcome IS NOT NULL
                                      THEN ROW(asked.registry, asked.name, asked.outcome, asked.request_id,
                                               NULL, asked.said, asked.again, NULL, NULL)::tgtui_asked
                                      ELSE ROW(asked.registry, asked.name, 'limited', NULL, NULL, NULL,
                                               v_limit.again, v_limit.counted, p_per_hour)::tgtui_asked END
                                 ORDER BY asked.place)
                INTO v_asked
                FROM unnest(v_asked) WITH ORDINALITY
                     AS asked (registry, name, outcome, request_id, chain_id, said, again, counted, allowed, place);
                EXIT;
            END IF;
        END IF;
        v_is_first := false;
        WITH made AS (
            INSERT INTO package_requests (
                id, package_name, registry, requested_by, depth, is_auto_queued,
                priority, status, is_forced, attempt_count, created_at, updated_at)
            SELECT asked.id, asked.name, asked.registry, p_account, 0, false,
                   p_priority, 'pending', p_force, 0, tgtui_now(), tgtui_now()
            FROM (SELECT tgtui_uuid7() AS id, name, registry FROM unnest(v_asked) WITH ORDINALITY
                  AS each (registry, name, outcome, request_id, chain_id, said, again, counted, allowed, place)
                  WHERE outcome IS NULL ORDER BY place) AS asked
            -- In the order of all who insert: one waits for what another has inserted.
            ORDER BY asked.registry COLLATE "C", asked.name COLLATE "C"
            ON CONFLICT DO NOTHING
            RETURNING id
        )
        SELECT array_agg(id) INTO v_more FROM made;
        v_made := v_made || coalesce(v_more, '{}');
        -- Where somebody else asked between the look and the insert, the next look finds it.
    END LOOP;
    v_roots := ARRAY(SELECT request_id FROM unnest(v_asked) WHERE request_id IS NOT NULL);
    IF cardinality(v_roots) > 0 THEN
        IF cardinality(v_made) = 0 THEN
            SELECT member.chain_id INTO v_chain
            FROM package_request_members AS member
            JOIN package_request_chains AS chain ON chain.id = member.chain_id
            WHERE member.request_id = ANY (v_roots) AND member.is_root AND member.cancelled_at IS NULL
              AND chain.requested_by IS NOT DISTINCT FROM p_account AND chain.cancelled_at IS NULL
            GROUP BY member.chain_id HAVING count(*) = cardinality(v_roots)
            ORDER BY member.chain_id LIMIT 1;
        END IF;
        IF v_chain IS NULL THEN
            -- The id of its first request, if that is new: what is known by the request is known by the chain.
            v_chain := CASE WHEN v_roots[1] = ANY (v_made) THEN v_roots[1] ELSE tgtui_uuid7() END;
            INSERT INTO package_request_chains (
                id, requested_by, charges, charged_at, created_at, updated_at)
            VALUES (v_chain, p_account,
                    CASE WHEN cardinality(v_made) > 0 AND p_account IS NOT NULL THEN 1 ELSE 0 END,
                    CASE WHEN cardinality(v_made) > 0 AND p_account IS NOT NULL THEN tgtui_now() END,
                    tgtui_now(), tgtui_now());
            INSERT INTO package_request_members (id, chain_id, request_id, is_root, created_at)
            SELECT tgtui_uuid7(), v_chain, root, true, tgtui_now() FROM unnest(v_roots) AS root;
        END IF;
        UPDATE package_requests
        SET priority = least(priority, p_priority), is_forced = is_forced OR p_force,
            is_auto_queued = false, requested_by = coalesce(requested_by, p_account)
        WHERE id = ANY (v_roots) AND id <> ALL (v_made);
        -- What an admin deleted and restored comes back to the chains that wait for it.
        WITH back AS (
            UPDATE package_request_members AS member SET request_id = made.id
            FROM package_requests AS former, package_requests AS made, package_request_chains AS chain
            WHERE made.id = ANY (v_made) AND former.package_name = made.package_name
              AND former.registry = made.registry AND former.error_code = 'removed_by_admin'
              AND former.status = 'failed' AND member.request_id = former.id
              AND chain.id = member.chain_id AND chain.id = ANY (v_waiting)
              AND NOT EXISTS (SELECT FROM package_request_members AS there
                              WHERE there.chain_id = member.chain_id AND there.request_id = made.id)
              AND former.id = (SELECT max(last.id::text)::uuid FROM package_requests AS last
                               JOIN package_request_members AS of_chain ON of_chain.request_id = last.id
                               WHERE last.package_name = made.package_name AND last.registry = made.registry
                                 AND last.error_code = 'removed_by_admin' AND last.status = 'failed'
                                 AND of_chain.chain_id = member.chain_id)
            RETURNING member.chain_id
        )
        UPDATE package_request_chains SET settled_at = NULL, updated_at = tgtui_now()
        WHERE id IN (SELECT chain_id FROM back);
    END IF;
    RETURN QUERY
    SELECT asked.registry, asked.name, asked.outcome, asked.request_id,
           CASE WHEN asked.request_id IS NOT NULL THEN v_chain END,
           CASE WHEN asked.outcome = 'removed' THEN asked.registry || ':' || asked.name ELSE asked.said END,
           asked.again, asked.counted, asked.allowed
    FROM unnest(v_asked) AS asked;
END $$;

CREATE FUNCTION tgtui_ask(
    p_registries text[], p_names text[], p_account uuid, p_force boolean, p_priority integer,
    p_per_hour integer, p_cooldown interval
) RETURNS SETOF tgtui_asked LANGUAGE plpgsql AS $$
DECLARE
    v_limits record;
BEGIN
    IF NOT tgtui_is_restricted() THEN
        RETURN QUERY SELECT * FROM tgtui_queue(
            p_registries, p_names, p_account, p_force, p_priority, p_per_hour, p_cooldown);
        RETURN;
    END IF;
    PERFORM tgtui_acting_for(p_account);
    IF p_force THEN
        PERFORM tgtui_require('tgtui_admin');
    END IF;
    IF cardinality(p_names) IS DISTINCT FROM cardinality(p_registries)
       OR cardinality(p_names) NOT BETWEEN 1 AND 5000 OR EXISTS (
        SELECT FROM unnest(p_names) AS name
        WHERE name IS NULL OR length(name) NOT BETWEEN 1 AND 300 OR name ~ '[[:space:][:cntrl:]]') THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'these are not package names';
    END IF;
    v_limits := tgtui_limits();
    -- 10 is what people ask with; a limit of the program's own may be stricter, never laxer.
    RETURN QUERY SELECT * FROM tgtui_queue(
        p_registries, p_names, p_account, coalesce(p_force, false), 10,
        least(p_per_hour, v_limits.per_hour), greatest(p_cooldown, v_limits.cooldown));
END $$;

-- Somebody opened a version whose dependencies are not stored: they are loaded next. No row where nothing is to do.
CREATE FUNCTION tgtui_want_version(p_version uuid, p_account uuid) RETURNS SETOF tgtui_asked
LANGUAGE plpgsql AS $$
DECLARE
    v_wanted record;
    v_per_hour integer;
    v_cooldown interval;
    v_asked tgtui_asked;
BEGIN
    PERFORM tgtui_acting_for(p_account);
    SELECT package.registry, package.name INTO v_wanted
    FROM package_versions AS version JOIN packages AS package ON package.id = version.package_id
    WHERE version.id = p_version AND version.dependencies_fetched_at IS NULL;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    IF tgtui_is_restricted() THEN
        SELECT per_hour, cooldown INTO v_per_hour, v_cooldown FROM tgtui_limits();
    END IF;
    -- Locked, versions before requests, as who stores them does.
    PERFORM FROM package_versions WHERE id = p_version FOR NO KEY UPDATE;
    SELECT * INTO v_asked FROM tgtui_queue(
        ARRAY[v_wanted.registry], ARRAY[v_wanted.name], p_account, false, 0, v_per_hour, v_cooldown);
    IF v_asked.request_id IS NOT NULL THEN
        UPDATE package_versions SET dependencies_wanted_at = tgtui_now() WHERE id = p_version;
    END IF;
    RETURN NEXT v_asked;
END $$;

-- Somebody opened the package: its pending request is next.
CREATE FUNCTION tgtui_bring_to_front(p_registry text, p_name text) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tgtui_require('tgtui_member');
    UPDATE package_requests SET priority = 0
    WHERE package_name = p_name AND registry = p_registry AND status = 'pending' AND priority > 0;
    RETURN FOUND;
END $$;

-- Somebody waits for a chain: it goes before what a new catalogue brings by itself.
CREATE FUNCTION tgtui_hurry(p_chain uuid, p_registries text[], p_names text[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    v_late uuid[];
BEGIN
    PERFORM tgtui_require('tgtui_member');
    -- Locked in order first: an update locks in the order of its plan.
    v_late := ARRAY(
        SELECT id FROM package_requests
        WHERE id IN (SELECT member.request_id FROM package_request_members AS member
                     JOIN package_request_chains AS chain ON chain.id = member.chain_id
                     WHERE chain.id = p_chain AND member.cancelled_at IS NULL
                       AND (NOT tgtui_is_restricted() OR chain.requested_by = tgtui_me())
                     UNION ALL
                     SELECT waited_for.id FROM package_requests AS waited_for
                     WHERE (waited_for.package_name, waited_for.registry) IN (
                               SELECT name, registry FROM unnest(p_registries, p_names) AS each (registry, name))
                       AND waited_for.status IN ('pending', 'fetching'))
          AND status = 'pending' AND priority > 20
        ORDER BY id FOR NO KEY UPDATE);
    UPDATE package_requests SET priority = 20 WHERE id = ANY (v_late);
END $$;

-- Packages that are queued or fetched now, whoever asked: who waits for a chain has to know what it waits for.
CREATE FUNCTION tgtui_active_packages() RETURNS TABLE (registry text, name text)
LANGUAGE plpgsql STABLE AS $$
BEGIN
    PERFORM tgtui_require('tgtui_member');
    RETURN QUERY SELECT request.registry, request.package_name FROM package_requests AS request
                 WHERE request.status IN ('pending', 'fetching');
END $$;

-- Make what failed or was cancelled pending again, for every chain that waits for it; in `p_chains` nothing of it is
-- cancelled any more. Where a newer request for the package is active or completed, the chains go over to that one.
-- Not for people to call: who calls it has locked all of these.
CREATE FUNCTION tgtui_renew(p_chains uuid[], p_requests uuid[], p_force boolean) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
    v_pair record;
    v_touched uuid[] = p_requests;
    v_renewed integer;
    v_times integer = 0;
BEGIN
    LOOP
        BEGIN
            FOR v_pair IN
                SELECT former.id AS former, other.id AS other
                FROM package_requests AS former
                JOIN LATERAL (SELECT id, status FROM package_requests AS later
                              WHERE later.package_name = former.package_name
                                AND later.registry = former.registry AND later.id <> former.id
                                AND (later.status IN ('pending', 'fetching')
                                     OR later.status = 'completed' AND later.updated_at >= former.updated_at
                                     -- Of several that ended, the newest is made pending.
                                     OR later.id > former.id AND later.id = ANY (p_requests)
                                        AND later.status IN ('failed', 'cancelled'))
                              ORDER BY CASE WHEN later.status IN ('pending', 'fetching') THEN 0
                                            WHEN later.status = 'completed' THEN 1 ELSE 2 END,
                                       later.id DESC LIMIT 1) AS other ON true
                WHERE former.id = ANY (p_requests) AND former.status IN ('failed', 'cancelled')
            LOOP
                -- What a chain brings already may be what it was asked for.
                UPDATE package_request_members SET is_root = true
                WHERE request_id = v_pair.other AND NOT is_root AND chain_id IN (
                    SELECT chain_id FROM package_request_members WHERE request_id = v_pair.former AND is_root);
                DELETE FROM package_request_members AS member
                WHERE member.request_id = v_pair.former AND EXISTS (
                    SELECT FROM package_request_members AS there
                    WHERE there.chain_id = member.chain_id AND there.request_id = v_pair.other);
                UPDATE package_request_members SET request_id = v_pair.other WHERE request_id = v_pair.former;
                v_touched := v_touched || v_pair.other;
            END LOOP;
            UPDATE package_requests AS request
            SET status = 'pending', attempt_count = 0, error_code = NULL, error_message = NULL, retry_after = NULL,
                is_forced = p_force, created_at = tgtui_now(), updated_at = tgtui_now()
            WHERE request.id = ANY (p_requests) AND request.status IN ('failed', 'cancelled')
              AND EXISTS (SELECT FROM package_request_members AS member WHERE member.request_id = request.id);
            GET DIAGNOSTICS v_renewed = ROW_COUNT;
            EXIT;
        EXCEPTION WHEN unique_violation THEN
            -- Someone else asked for one between the look and the change: look again.
            v_times := v_times + 1;
            IF v_times >= 10 THEN
                RAISE;
            END IF;
        END;
    END LOOP;
    UPDATE package_request_members SET cancelled_at = NULL
    WHERE chain_id = ANY (p_chains) AND request_id = ANY (v_touched) AND cancelled_at IS NOT NULL;
    RETURN v_renewed;
END $$;

-- Try again now: of a root, or a chain, what failed or was cancelled of it. `retried` counts what is queued again and is
-- followed by what is not, and why. Beside the outcomes of asking: gone, fetching, waits_no_more.
CREATE FUNCTION tgtui_retry(
    p_request uuid, p_account uuid, p_only_own boolean, p_force boolean,
    p_per_hour integer, p_cooldown interval
) RETURNS SETOF tgtui_asked LANGUAGE plpgsql AS $$
DECLARE
    v_only_own boolean = p_only_own OR NOT tgtui_may('tgtui_admin');
    v_force boolean = coalesce(p_force, false);
    v_per_hour integer = p_per_hour;
    v_cooldown interval = p_cooldown;
    v_chain uuid;
    v_chains uuid[];
    v_waiting uuid[];
    v_tried uuid[];
    v_again uuid[];
    v_refused tgtui_asked[];
    v_limit record;
    v_renewed integer;
    v_left uuid[];
    v_first uuid;
BEGIN
    PERFORM tgtui_acting_for(p_account);
    IF tgtui_is_restricted() THEN
        SELECT least(p_per_hour, per_hour), greatest(p_cooldown, cooldown)
        INTO v_per_hour, v_cooldown FROM tgtui_limits();
    END IF;
    IF v_per_hour IS NOT NULL THEN
        PERFORM FROM account WHERE id = p_account FOR NO KEY UPDATE;
    END IF;
    v_chain := tgtui_chain_of(p_request, p_account, v_only_own);
    IF v_chain IS NOT NULL THEN
        v_chains := ARRAY[v_chain];
        v_tried := ARRAY(SELECT request_id FROM package_request_members WHERE chain_id = v_chain);
    ELSIF NOT v_only_own OR tgtui_is_visible_to(p_request, p_account) THEN
        v_chains := ARRAY(
            SELECT chain.id FROM package_request_chains AS chain
            JOIN package_request_members AS member ON member.chain_id = chain.id
            WHERE member.request_id = p_request
              AND (chain.requested_by = p_account OR NOT v_only_own AND NOT tgtui_is_visible_to(p_request, p_account)));
        v_tried := ARRAY(SELECT DISTINCT request_id FROM package_request_members
                         WHERE request_id = p_request AND chain_id = ANY (v_chains));
    END IF;
    IF coalesce(cardinality(v_tried), 0) = 0 THEN
        RETURN QUERY SELECT NULL, NULL, 'gone', p_request, NULL::uuid, NULL, NULL::timestamp, NULL::int, NULL::int;
        RETURN;
    END IF;
    IF v_force THEN
        PERFORM tgtui_require('tgtui_admin');
    END IF;
    -- Locked, chains before requests, as a cancel does: it comes before or after, and both are told the truth. With them
    -- the chains of others that wait for the same.
    v_waiting := ARRAY(
        SELECT id FROM package_request_chains
        WHERE id IN (SELECT unnest(v_chains) UNION
                     SELECT member.chain_id FROM package_request_members AS member
                     JOIN package_requests AS request ON request.id = member.request_id
                     WHERE request.id = ANY (v_tried) AND request.status IN ('failed', 'cancelled'))
        ORDER BY id FOR UPDATE);
    PERFORM FROM package_requests WHERE id = ANY (v_tried) AND status NOT IN ('completed', 'fetching')
    ORDER BY id FOR NO KEY UPDATE;
    v_refused := ARRAY(
        SELECT ROW(request.registry, request.package_name,
                   CASE WHEN package.id IS NULL THEN 'remembered' ELSE 'removed' END, request.id, v_chain,
                   CASE WHEN package.id IS NULL THEN last.said
                        ELSE request.registry || ':' || request.package_name END, last.again, NULL, NULL)::tgtui_asked
        FROM package_requests AS request
        LEFT JOIN packages AS package ON package.name = request.package_name
              AND package.registry = request.registry AND package.deleted_at IS NOT NULL
        LEFT JOIN LATERAL tgtui_remembered(request.registry, request.package_name, v_cooldown) AS last
               ON NOT v_force
        WHERE request.id = ANY (v_tried) AND request.status IN ('failed', 'cancelled')
          AND (package.id IS NOT NULL OR last.again IS NOT NULL)
        ORDER BY request.id);
    v_again := ARRAY(
        SELECT DISTINCT request.id FROM package_requests AS request
        JOIN package_request_members AS member ON member.request_id = request.id
        WHERE request.id = ANY (v_tried) AND member.chain_id = ANY (v_chains)
          AND (request.status IN ('failed', 'cancelled')
               OR member.cancelled_at IS NOT NULL AND request.status <> 'completed')
          AND request.id NOT IN (SELECT request_id FROM unnest(v_refused))
        ORDER BY request.id);
    IF cardinality(v_again) > 0 THEN
        IF NOT v_force AND EXISTS (SELECT FROM package_requests
                                   WHERE id = ANY (v_again) AND status IN ('failed', 'cancelled')) THEN
            SELECT * INTO v_limit FROM tgtui_over_limit(p_account, v_per_hour);
            IF FOUND THEN
                RETURN QUERY SELECT NULL, NULL, 'limited', NULL::uuid, v_chain, NULL, v_limit.again,
                                    v_limit.counted, v_per_hour;
                RETURN;
            END IF;
        END IF;
        -- Of something cancelled the registry's answer is not forced to be fetched anew.
        v_renewed := tgtui_renew(v_chains, ARRAY(SELECT id FROM package_requests WHERE id = ANY (v_again)
                                                 AND status = 'failed'), v_force)
                   + tgtui_renew(v_chains, ARRAY(SELECT id FROM package_requests WHERE id = ANY (v_again)
                                                 AND status <> 'failed'), false);
        UPDATE package_request_chains
        SET settled_at = NULL, cancelled_at = CASE WHEN id = ANY (v_chains) THEN NULL ELSE cancelled_at END,
            updated_at = tgtui_now()
        WHERE id = ANY (v_waiting) AND (cancelled_at IS NULL OR id = ANY (v_chains));
        IF v_renewed > 0 THEN
            UPDATE package_request_chains
            SET charged_at = tgtui_now(),
                charges = 1 + CASE WHEN charged_at > tgtui_now() - interval '1 hour' THEN charges ELSE 0 END
            WHERE id = (SELECT id FROM package_request_chains
                        WHERE id = ANY (v_chains) AND requested_by = p_account ORDER BY id LIMIT 1);
        END IF;
    END IF;
    -- What was cancelled of the chain is wanted again, whatever became of it.
    v_left := ARRAY(
        SELECT member.request_id FROM package_request_members AS member
        JOIN package_request_chains AS chain ON chain.id = member.chain_id
        WHERE chain.id = v_chain AND (chain.cancelled_at IS NOT NULL OR member.cancelled_at IS NOT NULL)
          AND member.request_id NOT IN (SELECT request_id FROM unnest(v_refused))
        ORDER BY member.request_id);
    IF cardinality(v_left) > 0 THEN
        UPDATE package_request_chains SET cancelled_at = NULL, settled_at = NULL, updated_at = tgtui_now()
        WHERE id = v_chain;
        UPDATE package_request_members SET cancelled_at = NULL
        WHERE chain_id = v_chain AND request_id = ANY (v_left);
    END IF;
    UPDATE package_requests SET retry_after = NULL, updated_at = tgtui_now()
    WHERE id = ANY (v_tried) AND status = 'pending' AND retry_after IS NOT NULL;
    IF cardinality(v_again) > 0 THEN
        -- A newer request may have taken the place of the first.
        SELECT request.id INTO v_first
        FROM package_requests AS former
        JOIN package_requests AS request ON request.package_name = former.package_name
                                        AND request.registry = former.registry
        JOIN package_request_members AS member ON member.request_id = request.id
        WHERE former.id = v_again[1] AND member.chain_id = ANY (v_chains)
        ORDER BY request.id = former.id DESC, request.id DESC LIMIT 1;
        RETURN QUERY SELECT NULL, NULL, 'retried', v_first, v_chain, NULL, NULL::timestamp,
                            (SELECT count(DISTINCT (registry, package_name))::int
                             FROM package_requests WHERE id = ANY (v_again)), NULL::int;
    ELSIF cardinality(v_left) > 0 THEN
        RETURN QUERY SELECT NULL, NULL, 'waits_no_more', v_left[1], v_chain, NULL, NULL::timestamp, NULL::int, NULL::int;
    ELSIF cardinality(v_refused) > 0 THEN
        NULL;
    ELSIF EXISTS (SELECT FROM package_requests WHERE id = ANY (v_tried) AND status = 'pending') THEN
        RETURN QUERY SELECT NULL, NULL, 'waits_no_more', (SELECT id FROM package_requests
                            WHERE id = ANY (v_tried) AND status = 'pending' ORDER BY id LIMIT 1),
                            v_chain, NULL, NULL::timestamp, NULL::int, NULL::int;
    ELSIF EXISTS (SELECT FROM package_requests WHERE id = ANY (v_tried) AND status = 'fetching') THEN
        RETURN QUERY SELECT NULL, NULL, 'fetching', p_request, v_chain, NULL, NULL::timestamp, NULL::int, NULL::int;
    ELSE  -- all of it is here: the roots are asked for anew
        RETURN QUERY
        SELECT asked.* FROM (
            SELECT array_agg(request.registry ORDER BY request.id) AS registries,
                   array_agg(request.package_name ORDER BY request.id) AS names
            FROM package_requests AS request
            WHERE request.id = ANY (v_tried) AND (v_chain IS NULL OR EXISTS (
                SELECT FROM package_request_members AS member
                WHERE member.chain_id = v_chain AND member.request_id = request.id AND member.is_root))
        ) AS roots, tgtui_ask(roots.registries, roots.names, p_account, false, 10, p_per_hour, p_cooldown) AS asked;
    END IF;
    RETURN QUERY SELECT * FROM unnest(v_refused);
END $$;

-- Cancel a pending request for whom it belongs to: ended, left (another living chain needs it), gone, or its status.
CREATE FUNCTION tgtui_cancel(p_request uuid, p_account uuid, p_only_own boolean) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    v_status text;
    v_chains uuid[];
    v_only_own boolean = p_only_own OR NOT tgtui_may('tgtui_admin');
BEGIN
    PERFORM tgtui_acting_for(p_account);
    v_chains := ARRAY(
        SELECT chain.id FROM package_request_chains AS chain
        JOIN package_request_members AS member ON member.chain_id = chain.id
        WHERE member.request_id = p_request AND chain.requested_by = p_account);
    IF cardinality(v_chains) = 0 AND NOT v_only_own THEN
        v_chains := ARRAY(SELECT chain_id FROM package_request_members WHERE request_id = p_request);
    ELSIF cardinality(v_chains) = 0 THEN
        RETURN 'gone';
    END IF;
    PERFORM FROM package_request_chains WHERE id = ANY (v_chains) ORDER BY id FOR UPDATE;
    LOOP
        -- What is being fetched is not waited for: its worker may wait for these chains.
        PERFORM FROM package_requests WHERE id = p_request AND status = 'pending' FOR NO KEY UPDATE;
        EXIT WHEN FOUND;
        SELECT status INTO v_status FROM package_requests WHERE id = p_request;
        IF NOT FOUND THEN
            RETURN 'gone';
        ELSIF v_status <> 'pending' THEN
            RETURN v_status;
        END IF;
        -- It became pending this moment: look again.
    END LOOP;
    UPDATE package_request_members SET cancelled_at = tgtui_now()
    WHERE request_id = p_request AND chain_id = ANY (v_chains) AND cancelled_at IS NULL;
    IF NOT FOUND AND tgtui_is_needed(p_request) THEN
        RETURN 'cancelled';
    END IF;
    -- A chain without a root that anybody wants is cancelled.
    UPDATE package_request_chains AS chain SET cancelled_at = tgtui_now(), updated_at = tgtui_now()
    WHERE chain.id = ANY (v_chains) AND chain.cancelled_at IS NULL AND NOT EXISTS (
        SELECT FROM package_request_members AS member
        WHERE member.chain_id = chain.id AND member.is_root AND member.cancelled_at IS NULL);
    IF tgtui_is_needed(p_request) THEN
        RETURN 'left';
    END IF;
    UPDATE package_requests SET status = 'cancelled', retry_after = NULL, updated_at = tgtui_now()
    WHERE id = p_request;
    RETURN 'ended';
END $$;

-- Cancel what is pending of a chain: how many requests ended, and how many are left to other living chains. NULLs where
-- it is not one's own.
CREATE FUNCTION tgtui_cancel_chain(
    p_root uuid, p_account uuid, p_only_own boolean, OUT ended integer, OUT left_to_others integer
) LANGUAGE plpgsql AS $$
DECLARE
    v_chain uuid = tgtui_chain_of(p_root, p_account, p_only_own OR NOT tgtui_may('tgtui_admin'));
    v_pending uuid[];
BEGIN
    PERFORM tgtui_acting_for(p_account);
    IF v_chain IS NULL THEN
        RETURN;
    END IF;
    UPDATE package_request_chains
    SET cancelled_at = coalesce(cancelled_at, tgtui_now()), updated_at = tgtui_now() WHERE id = v_chain;
    -- Locked, then looked at: who joins or cancels one of them this moment comes before or after.
    PERFORM FROM package_requests
    WHERE id IN (SELECT request_id FROM package_request_members
                 WHERE chain_id = v_chain AND cancelled_at IS NULL) AND status = 'pending'
    ORDER BY id FOR NO KEY UPDATE;
    v_pending := ARRAY(
        SELECT request.id FROM package_requests AS request
        JOIN package_request_members AS member ON member.request_id = request.id
        WHERE member.chain_id = v_chain AND member.cancelled_at IS NULL AND request.status = 'pending');
    UPDATE package_request_members SET cancelled_at = tgtui_now()
    WHERE chain_id = v_chain AND request_id = ANY (v_pending);
    UPDATE package_requests AS request
    SET status = 'cancelled', retry_after = NULL, error_code = 'chain_cancelled', updated_at = tgtui_now()
    WHERE request.id = ANY (v_pending) AND request.status = 'pending' AND NOT EXISTS (
        SELECT FROM package_request_members AS member
        JOIN package_request_chains AS chain ON chain.id = member.chain_id
        WHERE member.request_id = request.id AND member.cancelled_at IS NULL AND chain.cancelled_at IS NULL);
    GET DIAGNOSTICS ended = ROW_COUNT;
    left_to_others := cardinality(v_pending) - ended;
END $$;
