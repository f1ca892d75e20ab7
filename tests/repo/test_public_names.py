"""What may be imported from where, name by name. A change here is a change for those who build on us."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent

MODULES = {
    "models": """
        cancellation embedders embedders.cached embedders.openvino embedders.sentence_transformer errors
        fakes files llama llama.abort llama.batched_suffixes llama.chat_template llama.context
        llama.decode_context llama.decoding llama.generator llama.prefix_states llama.prompt_lookup
        llama.sampling llama.splicing llama.state_cache llama.turns machine offline openvino_cache protocols
        reader reader.cross_encoder reader.training reader.training.export reader.training.pairs
        reader.training.train registry remote remote.openai remote.transport system_errors weights
        weights.catalog weights.download weights.hub weights.installed weights.store weights.transfer
        weights.user_models weights.wheels
    """,
    "rag": """
        answer answer.checks answer.conclusion answer.disagreement answer.partial answer.preparation
        answer.prompt answer.quoting answer.refusal answer.repair answer.streaming answer.style answer.trace
        answer.verified_answer answer.yes_no assistant calibration calibration.logistic collections
        collections.by_name collections.lock collections.path collections.swap config doctor
        doctor.collections doctor.examination doctor.files errors evidence evidence.answerability
        evidence.assessment evidence.candidate_answers evidence.reader_scoring evidence.scoring
        evidence.selection evidence.self_evaluation evidence.source_sentences evidence.unmentioned factory
        ingest ingest.confinement ingest.embed_ahead ingest.frames ingest.parser_pool ingest.parser_process
        ingest.parser_worker ingest.pipeline ingest.plan ingest.splitting load load.byline load.decoding
        load.digest load.files load.html load.limits load.mail load.markdown load.office load.pdf
        load.pdf_lines load.plain load.tables load.zip_limits passage_context privacy privacy.deletion
        privacy.erasure privacy.leftovers privacy.quotes privacy.register privacy.removal question
        question.analysis question.answer_type question.decomposition retrieval retrieval.candidates
        retrieval.cutoff retrieval.event_dates retrieval.expansion retrieval.fusion retrieval.near_duplicates
        retrieval.rerank retrieval.retriever seeds serialize store store.archive store.database_file
        store.faiss_flat store.faiss_ivf store.filters store.fts5 store.index_checksum store.schema
        store.secure_delete store.sqlite store.sqlite_errors store.vector_cache store.vector_index text
        text.clauses text.date_mentions text.dates text.headings text.injection text.names text.negation
        text.numbers text.quantities text.sentences text.speakers text.time_expressions text.words types
        verification verification.attribution verification.citer verification.readings verification.rules
        verification.support verify_text
    """,
    "ui": """
        app chat chat.app chat.conversations chat.export chat.gold_questions chat.http chat.http.access
        chat.http.bodies chat.http.failures chat.http.payloads chat.http.routes chat.http.static_files
        chat.http.streams chat.http.throttle chat.jobs chat.library chat.prefetch chat.scheduler
        chat.source_pane chat.uploads chat.workspace cli commands commands.ask commands.cache commands.chat
        commands.collections commands.config commands.doctor commands.eval commands.eval_calibrate
        commands.index commands.models commands.removal commands.search commands.verify disclosure streams
        terminal terminal.ablation terminal.answers terminal.evaluation terminal.hits terminal.opening
        terminal.options terminal.render wording
    """,
}

NAMES = {
    "askive.models.protocols": """
        Embedder FinishReason Forgetful Generator Message Piece Precision Reranker Role Sampling Segment
        Vectors Warmable
    """,
    "askive.models.errors": """
        AskiveError ContextOverflow DiskSpaceError EndpointError ModelError ModelNotFound SystemFailure
        UsageError WeightsError
    """,
    "askive.models.system_errors": """
        reason_of remedy_for system_failure
    """,
    "askive.models.fakes": """
        HashEmbedder Script ScriptedGenerator echo_evidence
    """,
    "askive.models.registry": """
        clear_states kept_states load_embedder load_generator load_reader states_dir
    """,
    "askive.models.weights.store": """
        State Verification WeightStore
    """,
    "askive.models.openvino_cache": """
        compile_for_cpu compute_batch is_sealed seal
    """,
    "askive.models.offline": """
        LOOPBACK SWITCHES go_offline hub_allowed is_hub_forbidden
    """,
    "askive.models.cancellation": """
        LOOK_S Stopped hold_lock look stop_flag stopping_at
    """,
    "askive.rag.types": """
        Account Answer Citation Cited Document Event Evidence Final Hit PAGE_BREAK Passage Polarity Prompt
        Refusal RefusalReason Searching Sentence Source Sources Stage Timings Token Turn Usage Verdict
    """,
    "askive.rag.errors": """
        ArchiveError CollectionBusy CollectionNotFound ConfigError FingerprintMismatch LoadError StoreError
    """,
    "askive.rag.store.vector_index": """
        Ids VectorIndex
    """,
    "askive.rag.config": """
        CONFIG_NAME CacheConfig Config DEFAULT_EMBEDDER DEFAULT_GENERATOR GenerationConfig PassageConfig
        PromptConfig RetrievalConfig SEEDS_COLLECTION Setting default_home list_settings load_config
    """,
    "askive.rag.assistant": """
        Assistant LONGEST_QUESTION_CHARS
    """,
    "askive.rag.store.archive": """
        Archive STORE_NAME
    """,
    "askive.rag.collections.lock": """
        Notify lock_collections lock_path
    """,
    "askive.rag.collections.path": """
        collection_path
    """,
    "askive.rag.collections.by_name": """
        DEFAULT_COLLECTION choose_collection create_collection has_collection index_seeds known_documents
        list_collections open_collection rebuild_collection rebuild_losses rename_collection
        require_collection write_collection
    """,
    "askive.rag.ingest.pipeline": """
        Confirm Failure IngestReport Progress Reading documents_meant ingest_documents ingest_paths
        remove_document remove_documents
    """,
    "askive.rag.store.sqlite": """
        BUSY_TIMEOUT_S SqliteStore
    """,
    "askive.rag.store.index_checksum": """
        HEAD_BYTES SUMMED_UP_TO is_whole seal sealed_number
    """,
    "askive.rag.doctor.examination": """
        examine
    """,
    "askive.rag.doctor.collections": """
        examine_collections
    """,
    "askive.rag.doctor.files": """
        Finding Severity examine_files surely
    """,
    "askive.rag.store.sqlite_errors": """
        format_failure is_damage read_fingerprint rebuild_remedy store_failure
    """,
    "askive.rag.verification.rules": """
        Check SAME_STATEMENT check misplaced_names
    """,
    "askive.rag.verify_text": """
        verified_sentences verify_text
    """,
    "askive.rag.verification.attribution": """
        attributed_sentence with_attribution
    """,
    "askive.rag.answer.checks": """
        ALL Checks
    """,
    "askive.rag.evidence.self_evaluation": """
        CERTAIN HOPELESS SelfEvaluator
    """,
    "askive.rag.evidence.selection": """
        STANDS_OUT decisive_sentence evidence_budget select_evidence
    """,
    "askive.rag.answer.partial": """
        PartialQuestion SURELY_NOT SURELY_THERE answerable_part missing_text
    """,
    "askive.rag.answer.disagreement": """
        Cite Disagreement Gives describe disagreement
    """,
    "askive.rag.evidence.candidate_answers": """
        CandidateAnswer LEAST_READ LEAST_RULED LEAST_RULED_BESIDE LIKELY_READ LIKELY_RULED_BESIDE Value
        candidate_answers fullest same_value synonym_sets values_in
    """,
    "askive.rag.text.injection": """
        is_instruction
    """,
    "askive.rag.evidence.unmentioned": """
        missing_from
    """,
    "askive.rag.answer.style": """
        AnswerStyle style_of without_preamble
    """,
    "askive.rag.answer.preparation": """
        Prepared Preparer complete_question
    """,
    "askive.rag.verification.support": """
        Excerpt HOPELESS NOT_SAID STORED SURE SupportModel excerpt_of in_its_sources_words rule_features
        statement_log_odds
    """,
    "askive.rag.factory": """
        Warming loaded_reranker open_embedder open_generator open_reader open_reranker start_warming
    """,
    "askive.rag.serialize": """
        answer_to_dict citation_to_dict hit_to_dict sentence_to_dict source_to_dict
    """,
    "askive.rag.retrieval.fusion": """
        Ranking convex reciprocal_rank
    """,
    "askive.ui.cli": """
        main run
    """,
    "askive.ui.app": """
        app run
    """,
    "askive.ui.streams": """
        CheckedOutput OutputClosed drop open_streams
    """,
    "askive.ui.terminal.options": """
        After AsJson Before Collection Embedder Literal Model PathGlob Publisher Quiet Where output settings
    """,
    "askive.ui.terminal.render": """
        Output harmless print_error write_error
    """,
    "askive.ui.terminal.opening": """
        meant_collection open_archive open_assistant
    """,
    "askive.ui.chat.app": """
        Chat open_chat
    """,
}


def public_names(module: str) -> list[str]:
    """Classes, functions and values that a module defines and does not hide."""
    path = ROOT / f"{module.replace('.', '/')}.py"
    found: list[str] = []
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            found.append(node.name)
        elif isinstance(node, ast.Assign):
            found += [target.id for target in node.targets if isinstance(target, ast.Name)]
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            found.append(node.target.id)
    return sorted(name for name in found if not name.startswith("_"))


@pytest.mark.parametrize("package", MODULES)
def test_the_modules_of_a_package(package: str) -> None:
    folder = ROOT / package
    found = {
        str(path.relative_to(folder)).removesuffix(".py").replace("/", ".") for path in folder.rglob("*.py")
    }
    found = {name.removesuffix(".__init__") for name in found} - {"__init__"}
    assert sorted(found) == sorted(MODULES[package].split())


@pytest.mark.parametrize("module", NAMES)
def test_the_names_of_a_module(module: str) -> None:
    assert public_names(module) == sorted(NAMES[module].split())
    imported = importlib.import_module(module)
    assert all(hasattr(imported, name) for name in NAMES[module].split())


def test_the_root_of_all_errors() -> None:
    from askive.models import errors as of_models
    from askive.rag import errors as of_rag

    for module in (of_models, of_rag):
        for name in NAMES[module.__name__].split():
            kind = getattr(module, name)
            assert issubclass(kind, of_models.AskiveError)
            assert kind.kind
            assert kind.exit_code in (1, 2)
    told = [
        getattr(module, name).kind
        for module in (of_models, of_rag)
        for name in NAMES[module.__name__].split()
    ]
    assert len(told) == len(set(told)), "a kind tells one error from another"
    drawn = f"{of_models.__doc__}{of_rag.__doc__}"
    for kind in set(told) - {of_models.AskiveError.kind}:
        assert kind in drawn, f"{kind} is missing from the tree of errors"
