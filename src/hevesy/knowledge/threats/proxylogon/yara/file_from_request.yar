// Pages that write what the request brings to a place which it names.
// Meta keys `stage`, `outcome` and `remedy` say what a match means; docs/rules.md tells how to write one.

private rule server_page {
    // Text that IIS would run: a page directive, a server-side script block, or a classic ASP block.
    strings:
        $directive = /<%@\s{0,20}(page|webservice|webhandler|servicehost|control|master|application|import|assembly|language|codepage)\b/ ascii wide nocase
        $block = /<script[^>]{0,200}runat\s{0,4}=\s{0,4}["']?server/ ascii wide nocase
        $asp = /<%[\s=]{0,20}[a-z(@_\\'"\/<+]/ ascii wide nocase
    condition:
        filesize < 4MB and any of them
}

rule page_writes_file_from_request {
    // The request must name the path: a form that saves an upload in its own folder is ordinary.
    meta:
        id = "eb59bf74-82a8-4d26-88d5-277e22689504"
        title = "Page that writes a file where the request says"
        description = "A writer is opened on a path that the request gives: the writer half of SIMPLESEESHARP and other upload shells."
        why = "The page opens a file for writing under a path that the request names, so whoever asks for it can place any file."
        author = "hevesy"
        licence = "Apache-2.0"
        date = "2026-11-25"
        level = "critical"
        stage = "shell_placed"
        outcome = "success"
        remedy = "remove-web-shell"
        technique = "T1505.003, T1105"
    strings:
        $writer = /(\bnew\s{1,8}(System\.IO\.)?StreamWriter|\bFile\s{0,4}\.\s{0,4}(WriteAllText|WriteAllBytes|AppendAllText|CreateText|Create|OpenWrite))\s{0,4}\(\s{0,8}(\(string\)\s{0,4})?(\w{1,40}\.){0,3}Request\s{0,4}(\.\s{0,4}(QueryString|Form|Item|Params|Headers|Cookies)\b|\[|\()/ ascii wide nocase
        $mapped = /(\bnew\s{1,8}(System\.IO\.)?StreamWriter|\bFile\s{0,4}\.\s{0,4}(WriteAllText|WriteAllBytes|CreateText|Create|OpenWrite))\s{0,4}\(\s{0,8}(\w{1,40}\.){0,3}MapPath\s{0,4}\(\s{0,8}(\w{1,40}\.){0,3}Request\s{0,4}[\.\[\(]/ ascii wide nocase
        $saved = /\.\s{0,4}SaveAs\s{0,4}\(\s{0,8}((\w{1,40}\.){0,3}MapPath\s{0,4}\(\s{0,8})?(\w{1,40}\.){0,3}Request\s{0,4}(\.\s{0,4}(QueryString|Form|Item|Params|Headers|Cookies)\b|\[|\()/ ascii wide nocase
        $stream = /\.\s{0,4}SaveToFile\s{0,4}\(?\s{0,8}[^\r\n;]{0,60}\bRequest\s{0,4}[\.\(]/ ascii wide nocase
        $text = /\.\s{0,4}CreateTextFile\s{0,4}\(?\s{0,8}[^\r\n;,]{0,60}\bRequest\s{0,4}[\.\(]/ ascii wide nocase
    condition:
        server_page and any of them
}

rule page_cookie_gate {
    meta:
        id = "168670a0-dbe0-4c1d-9a63-eb9949df1208"
        title = "Page behind a secret cookie"
        description = "A page does nothing unless a cookie has a certain value, and then decodes and runs, loads, writes or deletes: SPORTSBALL and its kin."
        why = "The page compares a cookie with a fixed value, and behind that decodes what was sent and runs, loads or writes it."
        author = "hevesy"
        licence = "Apache-2.0"
        date = "2026-11-25"
        level = "critical"
        stage = "shell_placed"
        outcome = "success"
        remedy = "remove-web-shell"
        technique = "T1505.003"
    strings:
        $gate = /Request\s{0,4}\.\s{0,4}Cookies\s{0,4}[\[\(][^;\r\n]{0,80}[\]\)](\s{0,4}\.\s{0,4}Value)?\s{0,4}(==|!=|=|<>|\.\s{0,4}Equals\s{0,4}\()\s{0,4}"[^"\r\n]{8,200}"/ ascii wide nocase
        $decoded = /\b(FromBase64String|TransformFinalBlock)\b/ ascii wide nocase
        $acts = /\b(WriteAllBytes|WriteAllText|StreamWriter|FileStream|Assembly\.Load|Process\.Start|ProcessStartInfo|eval)\b/ ascii wide nocase
    condition:
        server_page and all of them
}

rule page_manages_files_and_commands {
    meta:
        id = "07b46d39-d59b-4d74-88a0-e39781783e6b"
        title = "Page that manages files and runs commands"
        description = "A page lists drives and folders, deletes and uploads files, and starts programs: a whole workbench such as ASPXSpy."
        why = "The page lists drives, writes and deletes files and starts programs: together the workbench of an intruder."
        author = "hevesy"
        licence = "Apache-2.0"
        date = "2026-11-25"
        level = "critical"
        stage = "shell_placed"
        outcome = "success"
        remedy = "remove-web-shell"
        technique = "T1505.003"
    strings:
        $drives = /\b(GetLogicalDrives|DriveInfo\.GetDrives|GetDirectories|GetFiles)\b/ ascii wide nocase
        $delete = /\b(File|Directory)\s{0,4}\.\s{0,4}Delete\s{0,4}\(/ ascii wide nocase
        $times = /\bSet(LastWriteTime|CreationTime|Attributes)(Utc)?\s{0,4}\(/ ascii wide nocase
        $upload = /\b(SaveAs|PostedFile|WriteAllBytes)\b/ ascii wide nocase
        $run = /\b(ProcessStartInfo|WScript\.Shell|Process\.Start)\b/ ascii wide nocase
        $registry = /\bRegistryKey\b|\bRegistry\.(LocalMachine|CurrentUser)\b/ ascii wide nocase
    condition:
        server_page and $run and $delete and $drives and ($times or $registry or $upload)
}

rule page_browses_files {
    meta:
        id = "7e08c1c1-8288-4e79-a04b-4297e407dd35"
        title = "Page that browses the disk"
        description = "A page lists drives or any folder that the request names, and reads, copies or deletes files there."
        why = "The page lists folders that the request names and reads, copies or deletes files there; that it is hostile is not shown."
        author = "hevesy"
        licence = "Apache-2.0"
        date = "2026-11-25"
        level = "high"
        stage = "shell_placed"
        outcome = "unknown"
        remedy = "check-web-file"
        technique = "T1505.003, T1083"
    strings:
        $classic = "Scripting.FileSystemObject" ascii wide nocase
        $folder = /\.\s{0,4}(SubFolders|Drives)\b/ ascii wide nocase
        $asked = /\b(GetFolder|GetFile|OpenTextFile|DeleteFile|DeleteFolder|CopyFile|MoveFile)\s{0,4}\(?/ ascii wide nocase
        $drives = /\b(GetLogicalDrives|DriveInfo\s{0,4}\.\s{0,4}GetDrives)\s{0,4}\(/ ascii wide
        $list = /\b(GetDirectories|GetFiles|GetFileSystemInfos)\s{0,4}\(/ ascii wide
        $reads = /\b(WriteFile|TransmitFile|BinaryWrite|ReadAllText|ReadAllBytes|StreamReader|OpenText|File\s{0,4}\.\s{0,4}Delete)\b/ ascii wide
        $request = /\bRequest\s{0,4}(\.\s{0,4}(QueryString|Form|Item|Params|Headers|Cookies|ServerVariables|Files)\b|\[|\()/ ascii wide nocase
    condition:
        server_page and $request and (($classic and $folder and #asked >= 2) or ($drives and $list and $reads))
}
