<%@ Page Language="VB" %>
<script runat="server">
    Sub Page_Load(sender As Object, e As EventArgs)
        ' The converter is fixed; nothing of the request becomes part of the command.
        Dim info As New System.Diagnostics.ProcessStartInfo("C:\Tools\convert.exe", "report.xml report.pdf")
        info.UseShellExecute = False
        System.Diagnostics.Process.Start(info).WaitForExit()
        Response.TransmitFile(Server.MapPath("report.pdf"))
    End Sub
</script>
