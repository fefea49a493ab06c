-- What people do to the queue, as functions: a database that `tgtui db grants` guards lets nobody but a worker
-- write requests, and these are then the only way. Every program on PostgreSQL calls them, guarded or not.
--
-- A login is restricted where the tables have row-level security and it does not own them. It acts for the
-- account of its own name, is held to `tgtui_limits`, and times are the database's: a program's clock may be wrong.

CREATE FUNCTION tgtui_now() RETURNS timestamp LANGUAGE sql VOLATILE AS
$$ SELECT timezone('utc', clock_timestamp()) $$;

-- UUIDv7 with a fraction of the millisecond (RFC 9562, section 6.2, method 3): it sorts among those of programs.
CREATE FUNCTION tgtui_uuid7() RETURNS uuid LANGUAGE sql VOLATILE AS $$
    SELECT (lpad(to_hex(ticks >> 12), 12, '0') || '7' || lpad(to_hex(ticks & 4095), 3, '0')
            || substring(replace(gen_random_uuid()::text, '-', '') FROM 17))::uuid
    FROM (SELECT floor(extract(epoch FROM clock_timestamp()) * 4096000)::bigint AS ticks) AS time
$$;

CREATE FUNCTION tgtui_is_restricted() RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT relrowsecurity AND NOT pg_has_role(session_user, relowner, 'USAGE')
    FROM pg_class WHERE oid = 'package_requests'::regclass
$$;

CREATE FUNCTION tgtui_may(p_group text) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT NOT tgtui_is_restricted() OR EXISTS (
        SELECT FROM pg_roles WHERE rolname = p_group AND pg_has_role(session_user, oid, 'USAGE'))
$$;

CREATE FUNCTION tgtui_require(p_group text) RETURNS void LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF NOT tgtui_may(p_group) THEN
        RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
            MESSAGE = 'this needs the role ' || p_group;
    END IF;
END $$;

-- Requests an hour of one account, and how long what a registry refused is not asked for; NULL for no such limit.
CREATE FUNCTION tgtui_limits(OUT per_hour integer, OUT cooldown interval) LANGUAGE sql STABLE AS
$$ SELECT NULL::integer, NULL::interval $$;

-- The account of the login; NULL where it has none yet.
CREATE FUNCTION tgtui_me() RETURNS uuid LANGUAGE sql STABLE AS $$
    SELECT id FROM account WHERE issuer = 'postgresql' AND subject = session_user
$$;

-- What the login asked for or follows: what belongs to these chains, it may see.
CREATE FUNCTION tgtui_my_requests() RETURNS SETOF uuid LANGUAGE sql STABLE ROWS 100 AS $$
    SELECT id FROM package_requests WHERE requested_by = tgtui_me()
    UNION ALL
    SELECT request_id FROM package_request_watchers WHERE account_id = tgtui_me()
$$;

-- The account of a person, made if they have none yet.
CREATE FUNCTION tgtui_sign_in(p_issuer text, p_subject text, p_display_name text) RETURNS uuid
LANGUAGE plpgsql AS $$
DECLARE
    v_id uuid;
BEGIN
    PERFORM tgtui_require('tgtui_member');
    IF tgtui_is_restricted() AND (p_issuer, p_subject) IS DISTINCT FROM ('postgresql', session_user::text) THEN
        RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
            MESSAGE = 'this login has an account of its own and no other';
    END IF;
    SELECT id INTO v_id FROM account WHERE issuer = p_issuer AND subject = p_subject;
    IF v_id IS NULL THEN
        INSERT INTO account (id, issuer, subject, display_name, created_at, updated_at)
        VALUES (tgtui_uuid7(), p_issuer, p_subject,
                CASE WHEN tgtui_is_restricted() THEN session_user::text ELSE p_display_name END,
                tgtui_now(), tgtui_now())
        ON CONFLICT DO NOTHING;
        SELECT id INTO v_id FROM account WHERE issuer = p_issuer AND subject = p_subject;
    END IF;
    RETURN v_id;
END $$;

-- Whom a call is for: a restricted login, for itself only.
CREATE FUNCTION tgtui_acting_for(p_account uuid) RETURNS uuid LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF NOT tgtui_is_restricted() THEN
        RETURN p_account;
    END IF;
    PERFORM tgtui_require('tgtui_member');
    IF tgtui_me() IS NULL OR p_account IS DISTINCT FROM tgtui_me() THEN
        RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
            MESSAGE = 'this login acts for its own account only';
    END IF;
    RETURN p_account;
END $$;

-- One of an account's own requests: asked for or followed, or of the chain of such a one.
CREATE FUNCTION tgtui_is_visible_to(p_request uuid, p_account uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM package_requests AS request
        WHERE request.id = p_request AND (
            request.requested_by = p_account
            OR EXISTS (SELECT FROM package_requests AS root
                       WHERE root.id = request.root_request_id AND root.requested_by = p_account)
            OR EXISTS (SELECT FROM package_request_watchers AS watcher
                       WHERE watcher.request_id IN (request.id, request.root_request_id)
                         AND watcher.account_id = p_account)))
$$;

-- What became of asking: `outcome` is new or followed, with the request; or why it was refused: removed,
-- and remembered (`said` has the package, or the failure's words), limited (how many of how many); `again` says until when.
CREATE TYPE tgtui_asked AS (
    outcome text, request_id uuid, said text, again timestamp, counted integer, allowed integer
);

CREATE FUNCTION tgtui_outcome(
    outcome text, request_id uuid = NULL, said text = NULL, again timestamp = NULL,
    counted integer = NULL, allowed integer = NULL
) RETURNS tgtui_asked LANGUAGE sql IMMUTABLE AS $$
    SELECT outcome, request_id, said, again, counted, allowed
$$;

CREATE FUNCTION tgtui_refused(
    p_registry text, p_name text, p_account uuid, p_per_hour integer, p_cooldown interval
) RETURNS tgtui_asked LANGUAGE plpgsql AS $$
DECLARE
    v_last record;
    v_counted integer;
    v_oldest timestamp;
BEGIN
    SELECT status, error_code, error_message, updated_at INTO v_last
    FROM package_requests
    WHERE package_name = p_name AND registry = p_registry
      AND status IN ('completed', 'failed') AND attempt_count > 0
    ORDER BY updated_at DESC LIMIT 1;
    IF v_last.status = 'failed' AND v_last.error_code IN ('not_found', 'malformed', 'too_large')
       AND tgtui_now() - v_last.updated_at >= interval '-5 minutes'
       AND tgtui_now() - v_last.updated_at < p_cooldown THEN
        RETURN tgtui_outcome(
            'remembered', said => v_last.error_message, again => v_last.updated_at + p_cooldown);
    END IF;
    IF p_account IS NULL OR p_per_hour IS NULL THEN
        RETURN NULL;
    END IF;
    IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_transaction_state',
            MESSAGE = 'who asks has to see what was asked for meanwhile: use READ COMMITTED';
    END IF;
    -- Locked: of two requests at once, the second counts the first.
    PERFORM FROM account WHERE id = p_account FOR UPDATE;
    SELECT count(*), min(created_at) INTO v_counted, v_oldest
    FROM package_requests
    WHERE requested_by = p_account AND NOT is_auto_queued
      AND created_at > tgtui_now() - interval '1 hour'
      AND created_at <= tgtui_now() + interval '5 minutes';
    IF v_counted >= p_per_hour THEN
        RETURN tgtui_outcome(
            'limited', again => v_oldest + interval '1 hour', counted => v_counted, allowed => p_per_hour);
    END IF;
    RETURN NULL;
END $$;

-- Queue a package, or follow its active request. Not for people to call: it believes what it is told.
CREATE FUNCTION tgtui_queue(
    p_registry text, p_name text, p_account uuid, p_force boolean, p_priority integer,
    p_per_hour integer, p_cooldown interval
) RETURNS tgtui_asked LANGUAGE plpgsql AS $$
DECLARE
    v_active record;
    v_refused tgtui_asked;
    v_id uuid;
BEGIN
    IF EXISTS (SELECT FROM packages
               WHERE name = p_name AND registry = p_registry AND deleted_at IS NOT NULL) THEN
        RETURN tgtui_outcome('removed', said => p_registry || ':' || p_name);
    END IF;
    LOOP
        -- Locked: one that is being completed this moment is waited for, and is then active no more.
        SELECT id, requested_by INTO v_active FROM package_requests
        WHERE package_name = p_name AND registry = p_registry AND status IN ('pending', 'fetching')
        FOR UPDATE;
        IF FOUND THEN
            UPDATE package_requests
            SET priority = least(priority, p_priority), is_forced = is_forced OR p_force
            WHERE id = v_active.id;
            IF p_account IS DISTINCT FROM v_active.requested_by AND p_account IS NOT NULL THEN
                INSERT INTO package_request_watchers (id, request_id, account_id, created_at)
                VALUES (tgtui_uuid7(), v_active.id, p_account, tgtui_now())
                ON CONFLICT DO NOTHING;
            END IF;
            RETURN tgtui_outcome('followed', v_active.id);
        END IF;
        IF NOT p_force THEN
            v_refused := tgtui_refused(p_registry, p_name, p_account, p_per_hour, p_cooldown);
            IF v_refused.outcome IS NOT NULL THEN
                RETURN v_refused;
            END IF;
        END IF;
        v_id := tgtui_uuid7();
        INSERT INTO package_requests (
            id, package_name, registry, requested_by, root_request_id, depth, is_auto_queued,
            priority, status, is_forced, attempt_count, created_at, updated_at)
        VALUES (v_id, p_name, p_registry, p_account, v_id, 0, false,
                p_priority, 'pending', p_force, 0, tgtui_now(), tgtui_now())
        ON CONFLICT DO NOTHING;
        IF FOUND THEN
            RETURN tgtui_outcome('new', v_id);
        END IF;
        -- Somebody else asked between the look and the insert.
    END LOOP;
END $$;

CREATE FUNCTION tgtui_ask(
    p_registry text, p_name text, p_account uuid, p_force boolean, p_priority integer,
    p_per_hour integer, p_cooldown interval
) RETURNS tgtui_asked LANGUAGE plpgsql AS $$
DECLARE
    v_limits record;
BEGIN
    IF NOT tgtui_is_restricted() THEN
        RETURN tgtui_queue(p_registry, p_name, p_account, p_force, p_priority, p_per_hour, p_cooldown);
    END IF;
    PERFORM tgtui_acting_for(p_account);
    IF p_force THEN
        PERFORM tgtui_require('tgtui_admin');
    END IF;
    IF p_name IS NULL OR length(p_name) NOT BETWEEN 1 AND 300 OR p_name ~ '[[:space:][:cntrl:]]' THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'this is no name of a package';
    END IF;
    v_limits := tgtui_limits();
    -- 10 is what people ask with; a limit of the program's own may be stricter, never laxer.
    RETURN tgtui_queue(
        p_registry, p_name, p_account, coalesce(p_force, false), 10,
        least(p_per_hour, v_limits.per_hour), greatest(p_cooldown, v_limits.cooldown));
END $$;

-- Somebody opened a version whose dependencies are not stored: they are loaded next. NULL where nothing is to do.
CREATE FUNCTION tgtui_want_version(p_version uuid, p_account uuid) RETURNS tgtui_asked
LANGUAGE plpgsql AS $$
DECLARE
    v_wanted record;
    v_limits record;
    v_asked tgtui_asked;
BEGIN
    PERFORM tgtui_acting_for(p_account);
    SELECT package.registry, package.name INTO v_wanted
    FROM package_versions AS version JOIN packages AS package ON package.id = version.package_id
    WHERE version.id = p_version AND version.dependencies_fetched_at IS NULL;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    IF tgtui_is_restricted() THEN
        v_limits := tgtui_limits();
        v_asked := tgtui_queue(v_wanted.registry, v_wanted.name, p_account, false, 0,
                               v_limits.per_hour, v_limits.cooldown);
    ELSE
        v_asked := tgtui_queue(v_wanted.registry, v_wanted.name, p_account, false, 0, NULL, NULL);
    END IF;
    IF v_asked.request_id IS NOT NULL THEN
        UPDATE package_versions SET dependencies_wanted_at = tgtui_now() WHERE id = p_version;
    END IF;
    RETURN v_asked;
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
CREATE FUNCTION tgtui_hurry(p_root uuid, p_registries text[], p_names text[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tgtui_require('tgtui_member');
    UPDATE package_requests SET priority = 20
    WHERE root_request_id = p_root AND status = 'pending' AND priority > 20
      AND (NOT tgtui_is_restricted() OR tgtui_is_visible_to(p_root, tgtui_me()));
    UPDATE package_requests SET priority = 20
    WHERE (registry, package_name) IN (SELECT * FROM unnest(p_registries, p_names))
      AND status = 'pending' AND priority > 20;
END $$;

-- Packages that are queued or fetched now, whoever asked: who waits for a chain has to know what it waits for.
CREATE FUNCTION tgtui_active_packages() RETURNS TABLE (registry text, name text)
LANGUAGE plpgsql STABLE AS $$
BEGIN
    PERFORM tgtui_require('tgtui_member');
    RETURN QUERY SELECT request.registry, request.package_name FROM package_requests AS request
                 WHERE request.status IN ('pending', 'fetching');
END $$;

-- Try again now. Beside the outcomes of asking: gone, fetching, waits_no_more.
CREATE FUNCTION tgtui_retry(
    p_request uuid, p_account uuid, p_only_own boolean, p_force boolean,
    p_per_hour integer, p_cooldown interval
) RETURNS tgtui_asked LANGUAGE plpgsql AS $$
DECLARE
    v_request record;
BEGIN
    PERFORM tgtui_acting_for(p_account);
    SELECT status, registry, package_name INTO v_request
    FROM package_requests WHERE id = p_request
    -- Locked: whoever cancels it this moment does so before or after, and both are told what is so.
    FOR UPDATE;
    IF NOT FOUND OR (p_only_own OR NOT tgtui_may('tgtui_admin'))
                    AND NOT tgtui_is_visible_to(p_request, p_account) THEN
        RETURN tgtui_outcome('gone');
    END IF;
    IF v_request.status = 'pending' THEN
        UPDATE package_requests SET retry_after = NULL, updated_at = tgtui_now() WHERE id = p_request;
        RETURN tgtui_outcome('waits_no_more', p_request);
    END IF;
    IF v_request.status = 'fetching' THEN
        RETURN tgtui_outcome('fetching', p_request);
    END IF;
    RETURN tgtui_ask(v_request.registry, v_request.package_name, p_account,
                     p_force AND v_request.status = 'failed', 10, p_per_hour, p_cooldown);
END $$;

-- End a pending request: cancelled, left (others wait for it, who cancels no longer does), gone, or its status.
CREATE FUNCTION tgtui_cancel(p_request uuid, p_account uuid, p_only_own boolean) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    v_request record;
    v_heir record;
    v_only_own boolean = p_only_own OR NOT tgtui_may('tgtui_admin');
BEGIN
    PERFORM tgtui_acting_for(p_account);
    SELECT request.status, request.requested_by, root.requested_by AS root_owner INTO v_request
    FROM package_requests AS request
    LEFT JOIN package_requests AS root ON root.id = request.root_request_id
    WHERE request.id = p_request FOR UPDATE OF request;
    IF NOT FOUND OR v_only_own
                    AND NOT coalesce(p_account IN (v_request.requested_by, v_request.root_owner), false)
                    AND NOT EXISTS (SELECT FROM package_request_watchers
                                    WHERE request_id = p_request AND account_id = p_account) THEN
        RETURN 'gone';
    END IF;
    IF v_request.status <> 'pending' THEN
        RETURN v_request.status;
    END IF;
    IF p_account IS NOT NULL THEN
        DELETE FROM package_request_watchers WHERE request_id = p_request AND account_id = p_account;
        IF FOUND THEN
            RETURN 'left';
        END IF;
        SELECT id, account_id INTO v_heir FROM package_request_watchers
        WHERE request_id = p_request ORDER BY id LIMIT 1;
        IF FOUND AND v_request.requested_by = p_account THEN
            DELETE FROM package_request_watchers WHERE id = v_heir.id;
            UPDATE package_requests SET requested_by = v_heir.account_id, updated_at = tgtui_now()
            WHERE id = p_request;
            RETURN 'left';
        ELSIF FOUND AND v_only_own THEN
            RETURN 'left';  -- brought by a request of one's own, and somebody else waits for it too
        END IF;
    END IF;
    UPDATE package_requests SET status = 'cancelled', retry_after = NULL, updated_at = tgtui_now()
    WHERE id = p_request;
    RETURN 'ended';
END $$;

-- End every pending request of a chain that nobody else follows; how many. NULL where it is not one's own.
CREATE FUNCTION tgtui_cancel_chain(p_root uuid, p_account uuid, p_only_own boolean) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
    v_ended integer;
BEGIN
    PERFORM tgtui_acting_for(p_account);
    IF (p_only_own OR NOT tgtui_may('tgtui_admin'))
       AND NOT EXISTS (SELECT FROM package_requests WHERE id = p_root AND requested_by = p_account) THEN
        RETURN NULL;
    END IF;
    UPDATE package_requests AS request
    SET status = 'cancelled', retry_after = NULL, error_code = 'chain_cancelled', updated_at = tgtui_now()
    WHERE (request.id = p_root OR request.root_request_id = p_root) AND request.status = 'pending'
      AND NOT EXISTS (SELECT FROM package_request_watchers AS watcher WHERE watcher.request_id = request.id);
    GET DIAGNOSTICS v_ended = ROW_COUNT;
    RETURN v_ended;
END $$;

-- Interactions of an account, those that are new today; how many. Packages that are gone are left out.
CREATE FUNCTION tgtui_record(p_packages uuid[], p_accounts uuid[], p_kinds text[], p_days date[])
RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    v_recorded integer;
BEGIN
    PERFORM tgtui_require('tgtui_member');
    IF tgtui_is_restricted() AND EXISTS (
        SELECT FROM unnest(p_accounts, p_days) AS noted (account, day)
        WHERE account IS DISTINCT FROM tgtui_me()
           OR day IS NULL OR abs(day - tgtui_now()::date) > 1) THEN
        RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
            MESSAGE = 'this login records what it did itself, and when it did it';
    END IF;
    WITH recorded AS (
        INSERT INTO package_interactions (id, package_id, account_id, kind, day, created_at)
        SELECT tgtui_uuid7(), noted.package, noted.account, noted.kind, noted.day, tgtui_now()
        FROM unnest(p_packages, p_accounts, p_kinds, p_days) AS noted (package, account, kind, day)
        JOIN packages ON packages.id = noted.package
        ON CONFLICT DO NOTHING
        RETURNING package_id
    ), touched AS (
        INSERT INTO package_search_stale (id, package_id)
        SELECT tgtui_uuid7(), package_id FROM (SELECT DISTINCT package_id FROM recorded) AS each
    )
    SELECT count(*) INTO v_recorded FROM recorded;
    RETURN v_recorded;
END $$;

-- Who takes away or gives is who it says: of packages and tags that are deleted, and of tags that are given.
CREATE FUNCTION tgtui_deleted_by() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF tgtui_is_restricted() AND (new.deleted_by = tgtui_me()) IS NOT TRUE
       AND (TG_OP = 'INSERT'
            OR (new.deleted_at, new.deleted_by) IS DISTINCT FROM (old.deleted_at, old.deleted_by)) THEN
        RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
            MESSAGE = 'deleted_by must be the account of this login';
    END IF;
    RETURN new;
END $$;

CREATE FUNCTION tgtui_created_by() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF tgtui_is_restricted() AND new.created_by IS DISTINCT FROM tgtui_me() THEN
        RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
            MESSAGE = 'created_by must be the account of this login';
    END IF;
    RETURN new;
END $$;

CREATE TRIGGER packages_deleted_by BEFORE INSERT OR UPDATE OF deleted_at, deleted_by ON packages
FOR EACH ROW WHEN (new.deleted_at IS NOT NULL) EXECUTE FUNCTION tgtui_deleted_by();
CREATE TRIGGER tags_deleted_by BEFORE INSERT OR UPDATE OF deleted_at, deleted_by ON tags
FOR EACH ROW WHEN (new.deleted_at IS NOT NULL) EXECUTE FUNCTION tgtui_deleted_by();
CREATE TRIGGER package_tags_created_by BEFORE INSERT ON package_tags
FOR EACH ROW EXECUTE FUNCTION tgtui_created_by();
